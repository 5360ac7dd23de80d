//! The keys that a map may have, found by hash. Made when the program is compiled; which keys those are, others know.

/// Far more than any map has keys, so that most slots hold one or none.
const SLOTS: usize = 256;

/// A slot in which there is no key.
const FREE: u8 = u8::MAX;

/// The indices of keys, each in the slot of its key or in the next free one behind that.
#[derive(Clone, Copy)]
pub(crate) struct Slots([u8; SLOTS]);

impl Slots {
    pub(crate) const EMPTY: Self = Self([FREE; SLOTS]);

    /// Adds the key with the index `index`.
    pub(crate) const fn add(&mut self, key: &str, index: usize) {
        assert!(index < SLOTS / 2, "a map has far fewer keys than there are slots");
        let mut slot = slot(key);
        while self.0[slot] != FREE {
            slot = (slot + 1) % SLOTS;
        }
        self.0[slot] = index as u8;
    }

    /// The index of a key; `name` gives the key of an index.
    pub(crate) fn find(&self, key: &str, name: impl Fn(usize) -> &'static str) -> Option<usize> {
        let mut slot = slot(key);
        while self.0[slot] != FREE {
            let index = usize::from(self.0[slot]);
            if name(index) == key {
                return Some(index);
            }
            slot = (slot + 1) % SLOTS;
        }
        None
    }
}

/// Where the search for a key begins.
const fn slot(key: &str) -> usize {
    let bytes = key.as_bytes();
    match bytes {
        [] => 0,
        [first, .., last] => (*first as usize * 5 + bytes[bytes.len() / 2] as usize * 3 + *last as usize + bytes.len() * 17) % SLOTS,
        [only] => *only as usize % SLOTS,
    }
}
