//! Compose files in, one canonical project out, with the place of everything.
//!
//! The small languages inside compose files are pure functions over text: [`template`], [`dotenv`], [`words`], [`duration`], [`bytes`],
//! [`number`], [`short`].

pub mod bytes;
pub mod dotenv;
pub mod duration;
pub mod model;
pub mod number;
pub mod short;
mod suggest;
pub mod template;
pub mod words;
