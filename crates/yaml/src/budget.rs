//! Limits on what a text may cost. A text within them parses in bounded time, memory and stack.

/// The limits of one [`parse`](crate::parse). Real files stay far below the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of the text; 16 MiB.
    pub bytes: usize,
    /// Maps and lists inside one another, those behind aliases included; 256. At 8 KiB of stack for each level, any
    /// recursive walk over the tree, dropping it included, stays within the 2 MiB of a Rust thread.
    pub depth: usize,
    /// Keys and values in all documents, those behind aliases included; 2,000,000, some 300 MB.
    pub nodes: usize,
    /// Values that anchors and aliases copy, above the number of values that the text itself holds; 100,000, some 20 MB.
    pub alias_nodes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: 16 << 20, depth: 256, nodes: 2_000_000, alias_nodes: 100_000 }
    }
}
