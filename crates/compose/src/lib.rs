//! Compose files in, one canonical project out, with the place of everything.
//!
//! [`load()`] runs the passes, each a file of `passes`; [`model`] knows every attribute.
//! The small languages inside compose files are pure functions over text: [`template`], [`dotenv`], [`words`], [`duration`], [`bytes`],
//! [`number`], [`short`].

mod discovery;
mod dotenv_files;
mod environment;
mod load;
mod loader;
mod passes;
mod paths;
mod remote;
mod request;
mod slots;

pub mod bytes;
pub mod config;
pub mod dotenv;
pub mod duration;
pub mod model;
pub mod number;
pub mod short;
pub mod template;
pub mod words;

pub use discovery::{DEFAULT_FILES, DEFAULT_OVERRIDES};
pub use environment::{Environment, Variable};
pub use load::{Loaded, load, load_into};
pub use request::{Options, Request};
