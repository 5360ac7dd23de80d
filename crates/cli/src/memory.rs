//! The memory of a command.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the allocator takes of the system at once (`.cargo/config.toml`), less what it writes into that itself.
const SEGMENT: usize = (4 << 20) - (256 << 10);

/// The system clears so much at once.
const HUGE_PAGE: usize = 2 << 20;

/// The conversion of a shorter text needs no further segment.
const LONG: usize = 48 << 10;

/// Clears the memory that the conversion of a text of so many bytes will want next, so that whoever wants it need not wait for the system to
/// do it: 0.2 ms for each huge page. The allocator has it until then.
pub(crate) fn clear(bytes: usize) {
    if bytes >= LONG {
        let mut segment: Vec<u8> = Vec::with_capacity(SEGMENT);
        segment.spare_capacity_mut().iter_mut().step_by(HUGE_PAGE).for_each(|byte| {
            byte.write(0);
        });
        // Nobody reads it, so it would be left out.
        std::hint::black_box(&segment);
    }
}
