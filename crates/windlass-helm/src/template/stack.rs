//! How much stack is used, so that deep nesting is an error and no crash.

/// A place on the stack and how far from it work may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stack {
    base: usize,
    bytes_max: usize,
}

impl Stack {
    /// Counts from the caller's place.
    pub(crate) fn here(bytes_max: usize) -> Self {
        Self { base: place(), bytes_max }
    }

    /// Whether more than the allowed bytes are in use.
    pub(crate) fn is_spent(self) -> bool {
        self.base.abs_diff(place()) > self.bytes_max
    }
}

#[inline(never)]
fn place() -> usize {
    let here = 0u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}
