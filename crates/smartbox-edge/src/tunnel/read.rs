//! Reading from a socket that is silent most of the time.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// Most that is read at once.
const READ_BYTES: usize = 16 * 1024;

/// Waits for bytes and looks at them before anything else happens; `None` at their end. Cancel-safe.
///
/// They are read to the stack: a socket is silent most of the time, and has no buffer then.
pub(super) async fn read<R, T>(from: &mut R, mut look: impl FnMut(&[u8]) -> T) -> io::Result<Option<T>>
where
    R: AsyncRead + Unpin,
{
    poll_fn(|cx| {
        let mut room = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut bytes = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut *from).poll_read(cx, &mut bytes))?;
        let bytes = bytes.filled();
        Poll::Ready(Ok((!bytes.is_empty()).then(|| look(bytes))))
    })
    .await
}
