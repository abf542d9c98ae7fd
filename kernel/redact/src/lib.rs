//! Takes the values of secrets out of text, in all the forms in which they may be written.
//!
//! [`Masker`] knows the values, [`MaskStream`] follows one stream of text that arrives in pieces.
//!
//! Invariants:
//! - No byte of a value leaves before it is known that the value does not follow.
//! - At most one value's length is held back, and only while its beginning has been seen.
//! - It sees values, so it can neither keep nor send them: no I/O, no store, no other crate of ours.

mod forms;
mod masker;
mod search;
mod stream;

pub use forms::LEN_MIN;
pub use masker::Masker;
pub use stream::MaskStream;
