//! Removal of directory trees that a box has filled.

pub(crate) use smartbox_files::remove_tree;
