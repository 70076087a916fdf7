//! Files of a home that is a real directory, and a box that tries to get out of it.
#![expect(clippy::unwrap_used, reason = "clippy's exemption for tests leaves out their helpers")]

mod attacks;
mod races;
mod support;
mod trash;
mod work;
