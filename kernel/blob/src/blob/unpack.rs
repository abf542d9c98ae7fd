//! Decompresses a blob while it is read.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use kernel_ports::store::StoreError;
use opendal::FuturesBytesStream;
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// The size of the pieces. Little data may unpack to very much, so it is never unpacked at once.
const PIECE_BYTES: usize = 128 << 10;

struct Unpacking {
    packed: FuturesBytesStream,
    decoder: Decoder<'static>,
    /// What was read and not unpacked yet.
    input: Bytes,
    what: String,
    /// Whether the last frame is complete.
    is_whole: bool,
}

/// Returns the content of a packed blob.
pub(crate) fn unpack(
    packed: FuturesBytesStream,
    sha256: &str,
) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, StoreError> {
    let what = format!("the blob {sha256}");
    let decoder = Decoder::new();
    let decoder = decoder.map_err(|err| StoreError::Io {
        action: format!("begin to unpack {what}"),
        err: Box::new(err),
    })?;
    let unpacking = Unpacking { packed, decoder, input: Bytes::new(), what, is_whole: false };
    Ok(stream::try_unfold(unpacking, Unpacking::piece).boxed())
}

impl Unpacking {
    async fn piece(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let damaged = |reason: String| StoreError::Corrupt { what: self.what.clone(), reason };
            let mut input = InBuffer::around(&self.input);
            let mut output = OutBuffer::around(&mut piece);
            let left = self.decoder.run(&mut input, &mut output);
            let left = left.map_err(|err| damaged(err.to_string()))?;
            let taken = input.pos();
            if taken > 0 || output.pos() > 0 {
                self.is_whole = left == 0;
            }
            let _ = self.input.split_to(taken);
            if !piece.is_empty() {
                return Ok(Some((piece.into(), self)));
            }
            if !self.input.is_empty() {
                continue;
            }
            match self.packed.next().await {
                Some(Ok(bytes)) => self.input = bytes,
                Some(Err(err)) => {
                    let action = format!("read {}", self.what);
                    return Err(StoreError::Io { action, err: Box::new(err) });
                }
                None if self.is_whole => return Ok(None),
                None => {
                    let reason = "it ends too early".to_owned();
                    return Err(StoreError::Corrupt { what: self.what, reason });
                }
            }
        }
    }
}
