//! Bodies that come in chunks (RFC 9112 §7.1).

use bytes::{Buf, Bytes, BytesMut};

use super::take;

/// Most that a body may say besides its data: extensions of chunks, and trailers. hyper allows as much for each.
const ASIDE_BYTES_MAX: usize = 16 * 1024;
/// Digits of the largest size.
const DIGITS_MAX: u8 = 16;

/// How far a body has been read.
#[derive(Debug, Default)]
pub(crate) struct Chunked {
    place: Place,
    /// Of the chunk.
    left_bytes: u64,
    digits: u8,
    aside_bytes: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// In front of the first digit of a size.
    #[default]
    Size,
    /// Behind it.
    Digits,
    /// Between the size and what follows it.
    Space,
    /// In what stands there until the end of the line.
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// At the beginning of a line of the trailers.
    Line,
    Trailer,
    TrailerLf,
    EndLf,
    End,
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Data(Bytes),
    /// They have not come yet.
    More,
    End,
}

/// It is no body in chunks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl Chunked {
    /// Takes the next piece out of a buffer.
    ///
    /// # Errors
    /// What comes is no body in chunks, or says too much besides its data.
    pub(crate) fn next(&mut self, buffer: &mut BytesMut) -> Result<Piece, Broken> {
        loop {
            match self.place {
                Place::End => return Ok(Piece::End),
                Place::Data if buffer.is_empty() => return Ok(Piece::More),
                Place::Data => {
                    let length = usize::try_from(self.left_bytes).unwrap_or(usize::MAX).min(buffer.len());
                    self.left_bytes -= length as u64;
                    if self.left_bytes == 0 {
                        self.place = Place::DataCr;
                    }
                    return Ok(Piece::Data(take(buffer, length)));
                }
                _ => {}
            }
            let Some(byte) = buffer.first().copied() else { return Ok(Piece::More) };
            buffer.advance(1);
            self.place = self.step(byte)?;
        }
    }

    fn step(&mut self, byte: u8) -> Result<Place, Broken> {
        Ok(match (self.place, byte) {
            (Place::Size | Place::Digits, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte)?,
            (Place::Digits | Place::Space | Place::Extension, b'\r') => Place::SizeLf,
            (Place::Digits | Place::Space, b' ' | b'\t') => self.aside(Place::Space)?,
            (Place::Digits | Place::Space, b';') => self.aside(Place::Extension)?,
            (Place::Extension, byte) if byte != b'\n' => self.aside(Place::Extension)?,
            (Place::SizeLf, b'\n') if self.left_bytes == 0 => Place::Line,
            (Place::SizeLf, b'\n') => Place::Data,
            (Place::DataCr, b'\r') => Place::DataLf,
            (Place::DataLf, b'\n') => Place::Size,
            (Place::Line, b'\r') => Place::EndLf,
            (Place::EndLf, b'\n') => Place::End,
            (Place::Trailer, b'\r') => Place::TrailerLf,
            (Place::TrailerLf, b'\n') => Place::Line,
            (Place::Line | Place::Trailer, byte) if byte != b'\n' => self.aside(Place::Trailer)?,
            _ => return Err(Broken),
        })
    }

    fn digit(&mut self, byte: u8) -> Result<Place, Broken> {
        self.digits = if self.place == Place::Size { 1 } else { self.digits + 1 };
        if self.digits > DIGITS_MAX {
            return Err(Broken);
        }
        let digit = char::from(byte).to_digit(16).ok_or(Broken)?;
        // In front of a size nothing is left of the chunk before.
        self.left_bytes = self.left_bytes << 4 | u64::from(digit);
        Ok(Place::Digits)
    }

    fn aside(&mut self, place: Place) -> Result<Place, Broken> {
        self.aside_bytes += 1;
        if self.aside_bytes > ASIDE_BYTES_MAX { Err(Broken) } else { Ok(place) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The body of what comes in pieces of these sizes, and what is left behind it.
    fn read(bytes: &[u8], sizes: &[usize]) -> Result<(Vec<u8>, Vec<u8>), Broken> {
        let (mut chunked, mut buffer, mut body) = (Chunked::default(), BytesMut::new(), Vec::new());
        let (mut rest, mut sizes) = (bytes, sizes.iter().cycle());
        loop {
            match chunked.next(&mut buffer)? {
                Piece::Data(data) => body.extend_from_slice(&data),
                Piece::End => return Ok((body, [&buffer[..], rest].concat())),
                Piece::More if rest.is_empty() => return Err(Broken),
                Piece::More => {
                    let (piece, more) = rest.split_at(sizes.next().map_or(1, |size| *size).min(rest.len()));
                    buffer.extend_from_slice(piece);
                    rest = more;
                }
            }
        }
    }

    #[test]
    fn chunks_are_put_together_and_what_is_said_aside_is_dropped() {
        let bytes = b"3\r\nabc\r\n00A;x=\"y\"\r\n0123456789\r\n1 \r\nz\r\n0\r\nx-sum: 1\r\nb: 2\r\n\r\nnext";
        for size in [1, 2, 7, 1000] {
            assert_eq!(read(bytes, &[size]).unwrap(), (b"abc0123456789z".to_vec(), b"next".to_vec()));
        }
    }

    #[test]
    fn what_is_no_body_in_chunks_is_refused() {
        let aside = format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(ASIDE_BYTES_MAX));
        for bytes in [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            "1\na\r\n0\r\n\r\n",
            "1\r\nab\r\n0\r\n\r\n",
            "1\r\na\n0\r\n\r\n",
            "1 2\r\na\r\n0\r\n\r\n",
            "00000000000000001\r\na\r\n0\r\n\r\n",
            "0\r\na: 1\n\r\n",
            "0\r\n\n",
            &aside,
        ] {
            assert_eq!(read(bytes.as_bytes(), &[1000]), Err(Broken), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_body_survives_any_cut(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..8),
            sizes in proptest::collection::vec(1_usize..50, 1..5),
        ) {
            let mut bytes = Vec::new();
            for chunk in &chunks {
                bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                bytes.extend(chunk);
                bytes.extend(b"\r\n");
            }
            bytes.extend(b"0\r\n\r\nnext");
            prop_assert_eq!(read(&bytes, &sizes), Ok((chunks.concat(), b"next".to_vec())));
        }
    }
}
