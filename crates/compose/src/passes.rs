//! The passes of [`load`](crate::load()), each a file, in the order in which they run.

pub(crate) mod consistency;
pub(crate) mod cycles;
pub(crate) mod env_files;
pub(crate) mod extends;
pub(crate) mod include;
pub(crate) mod interpolate;
pub(crate) mod merge;
pub(crate) mod normalize;
pub(crate) mod parse;
pub(crate) mod profiles;
pub(crate) mod reset;
pub(crate) mod unused;
pub(crate) mod validate;
