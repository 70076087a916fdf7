//! Files of a home that is a real directory, and a box that tries to get out of it.

mod attacks;
mod races;
mod support;
mod trash;
mod work;
