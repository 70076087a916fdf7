//! Parts for tests of other crates: what they would otherwise each build for themselves.

pub mod scripted_model;
