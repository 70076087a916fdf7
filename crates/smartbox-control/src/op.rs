//! Who asks: the first parameter of every use-case.

use smartbox_core::Principal;

/// The caller of a use-case.
#[derive(Clone, Debug)]
pub struct Op {
    /// Who.
    pub principal: Principal,
}

impl Op {
    /// An operation of `principal`.
    pub fn new(principal: Principal) -> Self {
        Self { principal }
    }
}
