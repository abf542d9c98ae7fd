//! Bytes that cross the boundary.

use crate::abi::{Buffer, Bytes};

impl Bytes {
    /// Lends bytes for the time of a call.
    #[must_use]
    pub fn lend(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }

    /// Returns the bytes that were lent.
    ///
    /// # Safety
    /// `data` points to `len` bytes that stay as they are for `'a`, or `len` is 0.
    #[expect(unsafe_code, reason = "the other side says where its bytes are")]
    #[must_use]
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 || self.data.is_null() {
            return &[];
        }
        // SAFETY: the caller says so.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }
}

impl Buffer {
    /// Gives bytes away; [`buffer_free`] takes them back.
    #[must_use]
    pub fn give(bytes: Vec<u8>) -> Self {
        if bytes.is_empty() {
            return Self::EMPTY;
        }
        let bytes = Box::leak(bytes.into_boxed_slice());
        Self { data: bytes.as_mut_ptr(), len: bytes.len() }
    }
}

/// Clears and frees what [`Buffer::give`] gave: the `buffer_free` of plugins in Rust.
///
/// # Safety
/// `buffer` came from [`Buffer::give`] of this library, and is not used again.
#[expect(unsafe_code, reason = "memory comes back from the other side")]
pub unsafe extern "C" fn buffer_free(buffer: Buffer) {
    if buffer.data.is_null() {
        return;
    }
    let bytes = std::ptr::slice_from_raw_parts_mut(buffer.data, buffer.len);
    // SAFETY: the caller says that these are the bytes that a box was leaked from.
    let mut bytes = unsafe { Box::from_raw(bytes) };
    for byte in &mut bytes {
        // SAFETY: it is a byte of the box. A plain write before a free would be left out.
        unsafe { std::ptr::write_volatile(byte, 0) };
    }
}
