//! One look at one Stack. Everything between `load` and `apply` is pure.

pub mod build;
pub mod load;
