//! Reading pieces of files out of packs: those that lie beside each other with one request, some requests at a time.
//!
//! Index and packs were written by whoever has the key, so lengths are bounds and not facts, and every piece is proven by its
//! name before anybody sees it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use rustic_core::{FileType, Id, ReadBackend};
use zstd::bulk::Decompressor;

use crate::Error;
use crate::bridge::Bridge;
use crate::cipher::Cipher;
use crate::hex::hex;

/// Requests at the same time. Each has a run of pieces and one piece in memory.
const WORKERS: usize = 4;
/// Bytes of a request, unless one piece alone has more.
const RUN_BYTES_MAX: u64 = 1 << 20;
/// Bytes that are read and thrown away rather than asked around.
const GAP_BYTES_MAX: u64 = 128 << 10;
/// restic's pieces have 8 MiB at most, and a little more when they are sealed.
const PIECE_BYTES_MAX: u32 = 16 << 20;

/// A piece, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Its name, which is the hash of what is in it.
    pub(crate) id: Id,
    /// The pack it lies in.
    pub(crate) pack: Id,
    /// Where in the pack.
    pub(crate) offset: u32,
    /// Sealed bytes.
    pub(crate) length: u32,
    /// Bytes when it is unpacked; `None`: it is not compressed.
    pub(crate) unpacked: Option<u32>,
    /// The number of the file it belongs to.
    pub(crate) file: u32,
    /// Where in the file.
    pub(crate) at: u64,
}

impl Piece {
    /// Bytes in the file.
    pub(crate) fn bytes(&self) -> u64 {
        // What is sealed is 32 bytes longer.
        u64::from(self.unpacked.unwrap_or_else(|| self.length.saturating_sub(32)))
    }

    fn end(&self) -> u64 {
        u64::from(self.offset) + u64::from(self.length)
    }

    fn is_same_place(&self, other: &Self) -> bool {
        self.pack == other.pack && self.offset == other.offset && self.id == other.id
    }
}

/// Reads pieces in the order in which they lie, and gives each to `sink`, from some threads at once.
pub(crate) fn fetch(
    bridge: &Bridge,
    cipher: &Cipher,
    mut pieces: Vec<Piece>,
    sink: impl Fn(&Piece, &[u8]) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    if pieces.iter().any(|piece| piece.length.max(piece.unpacked.unwrap_or(0)) > PIECE_BYTES_MAX) {
        return Err(Error::Foreign("a piece of a file is larger than any".to_owned()));
    }
    pieces.sort_unstable_by_key(|piece| (piece.pack, piece.offset));
    let runs = runs(&pieces);
    let (next, is_over, failure) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS.min(runs.len()) {
            scope.spawn(|| {
                let mut opener = Opener { cipher, unpacker: None, unpacked: Vec::new() };
                while !is_over.load(Ordering::Relaxed) {
                    let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    if let Err(error) = opener.read(bridge, run, &sink) {
                        is_over.store(true, Ordering::Relaxed);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            });
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// Cuts sorted pieces into those that are read together.
fn runs(pieces: &[Piece]) -> Vec<&[Piece]> {
    let mut runs = Vec::new();
    let mut start = 0;
    for at in 1..=pieces.len() {
        let (Some(first), Some(before)) = (pieces.get(start), pieces.get(at - 1)) else { break };
        let goes_on = pieces.get(at).is_some_and(|piece| {
            piece.pack == first.pack
                && u64::from(piece.offset) <= before.end() + GAP_BYTES_MAX
                && piece.end() - u64::from(first.offset) <= RUN_BYTES_MAX
        });
        if !goes_on {
            runs.extend(pieces.get(start..at));
            start = at;
        }
    }
    runs
}

struct Opener<'a> {
    cipher: &'a Cipher,
    unpacker: Option<Decompressor<'static>>,
    unpacked: Vec<u8>,
}

impl Opener<'_> {
    fn read(
        &mut self,
        bridge: &Bridge,
        run: &[Piece],
        sink: &impl Fn(&Piece, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (Some(first), Some(end)) = (run.first(), run.iter().map(Piece::end).max()) else { return Ok(()) };
        let length = u32::try_from(end - u64::from(first.offset)).map_err(|_too_long| damaged("a pack"))?;
        let sealed = bridge
            .read_partial(FileType::Pack, &first.pack, false, first.offset, length)
            .map_err(Error::rustic)?;
        let mut before: Option<&Piece> = None;
        for piece in run {
            // One piece may be in many places.
            if before.is_none_or(|before| !before.is_same_place(piece)) {
                let start = (piece.offset - first.offset) as usize;
                let sealed = sealed.get(start..start + piece.length as usize);
                self.open(piece, sealed.ok_or_else(|| damaged("a pack is cut"))?)?;
                before = Some(piece);
            }
            sink(piece, &self.unpacked)?;
        }
        Ok(())
    }

    fn open(&mut self, piece: &Piece, sealed: &[u8]) -> Result<(), Error> {
        let text = self.cipher.open(sealed).ok_or_else(|| damaged("a piece does not open"))?;
        match piece.unpacked {
            None => self.unpacked = text,
            Some(bytes) => {
                self.unpacked.clear();
                self.unpacked.reserve(bytes as usize);
                let unpacker = match &mut self.unpacker {
                    Some(unpacker) => unpacker,
                    none => none.insert(Decompressor::new().map_err(Error::disk("unpacking"))?),
                };
                // It fails where there is more than fits.
                let unpacked = unpacker.decompress_to_buffer(&text, &mut self.unpacked);
                unpacked.map_err(|_broken| damaged("a piece does not unpack"))?;
            }
        }
        if self.unpacked.len() as u64 != piece.bytes() {
            return Err(damaged("a piece is not as long as it says"));
        }
        let found = hex(digest(&SHA256, &self.unpacked).as_ref());
        match found == piece.id.to_hex().as_str() {
            true => Ok(()),
            false => Err(damaged("a piece is not what its name says")),
        }
    }
}

fn damaged(what: &str) -> Error {
    Error::Foreign(format!("{what}; what is stored was changed or is damaged"))
}
