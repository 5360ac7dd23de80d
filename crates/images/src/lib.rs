//! Room `images`.
