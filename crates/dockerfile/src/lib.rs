//! Dockerfiles and `.dockerignore` files, read as BuildKit reads them.
//!
//! [`parse`] makes a tree of a text, with a place for every word and every byte; [`stages`] says what image a stage builds;
//! [`shell`] expands `${NAME:-default}`; [`IgnoreFile`] says which files of a context a build does not see. Nothing here runs or
//! fetches anything, and what cannot be read becomes a diagnostic.

mod ignore_file;
mod parse;
pub mod shell;
pub mod stages;
mod syntax;

pub use ignore_file::{IgnoreFile, is_matched};
pub use parse::{Parsed, parse};
pub use stages::ImageConfig;
pub use syntax::{
    Argument, Command, CommandLine, Copy, Directive, Dockerfile, Flag, From, Healthcheck, Heredoc, Instruction, Pair, Piece, PieceKind,
    Times, Word,
};
