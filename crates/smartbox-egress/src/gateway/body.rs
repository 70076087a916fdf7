//! Bodies of requests: read to the end, within bounds.
//!
//! A call is read whole before anything is sent on, so that what reaches a vendor is a complete document that is
//! known to be JSON. Answers are never held.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Limits;
use crate::refusal::Refusal;

/// Room is taken in pieces of this size; a permit stands for one.
const PIECE_BYTES: usize = 64 * 1024;
/// How much of a body that is too large is read and thrown away, so that the caller gets to read the refusal: a
/// connection that is closed in the middle of an upload loses it.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long that may take.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// A body in memory, with the room it takes.
pub(super) struct Held {
    bytes: Bytes,
    _room: Vec<OwnedSemaphorePermit>,
}

impl Held {
    /// The body; the bytes are shared, not copied.
    pub(super) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

/// The room for bodies: of the box, and of all boxes.
pub(super) struct Room<'a> {
    pub(super) of_box: &'a Arc<Semaphore>,
    pub(super) of_all: &'a Arc<Semaphore>,
}

/// Room for so many bytes.
pub(super) fn room(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(bytes.div_ceil(PIECE_BYTES).min(Semaphore::MAX_PERMITS)))
}

impl Room<'_> {
    /// Takes room for one more piece. Nobody waits for room: two that wait for each other would wait for ever.
    fn take(&self, taken: &mut Vec<OwnedSemaphorePermit>) -> Result<(), Refusal> {
        for room in [self.of_box, self.of_all] {
            let permit = Arc::clone(room).try_acquire_owned().map_err(|_full| Refusal::Busy)?;
            match taken.iter_mut().find(|earlier| Arc::ptr_eq(earlier.semaphore(), room)) {
                Some(earlier) => earlier.merge(permit),
                None => taken.push(permit),
            }
        }
        Ok(())
    }
}

/// Reads a body to its end.
pub(super) async fn read<B>(mut body: B, limits: &Limits, room: Room<'_>) -> Result<Held, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let max = limits.body_bytes_max;
    if body.size_hint().lower() > max as u64 {
        return Err(too_large(body, max).await);
    }
    let (mut bytes, mut taken, mut taken_bytes) = (BytesMut::new(), Vec::new(), 0);
    loop {
        let frame = match tokio::time::timeout(limits.body_idle_timeout, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_broken))) => return Err(Refusal::BodyBroken),
            Ok(None) => return Ok(Held { bytes: bytes.freeze(), _room: taken }),
            Err(_elapsed) => return Err(Refusal::BodyTooSlow),
        };
        let Ok(piece) = frame.into_data() else { continue };
        if bytes.len() + piece.len() > max {
            return Err(too_large(body, max).await);
        }
        while taken_bytes < bytes.len() + piece.len() {
            room.take(&mut taken)?;
            taken_bytes += PIECE_BYTES;
        }
        bytes.extend_from_slice(&piece);
    }
}

/// Throws the rest of a body away, as far as that is reasonable.
async fn too_large(mut body: impl Body<Data = Bytes> + Unpin, max: usize) -> Refusal {
    let discard = async {
        let mut discarded = 0;
        while let Some(Ok(frame)) = body.frame().await {
            discarded += frame.data_ref().map_or(0, Bytes::len);
            if discarded > DISCARDED_BYTES_MAX {
                break;
            }
        }
    };
    let _whole_or_not = tokio::time::timeout(DISCARD_TIMEOUT, discard).await;
    Refusal::BodyTooLarge { max }
}
