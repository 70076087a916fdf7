//! What people do, from end to end.

mod broken;
mod crash;
mod isolation;
mod moving;
mod newcomer;
mod sleep;
