//! Lists in pages that stay right while rows come and go.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// Most items of a page; a larger limit is lowered to it.
pub const PAGE_MAX: u32 = 200;

/// Longest text of a cursor: the longest id with room to spare.
const CURSOR_LENGTH_MAX: usize = 64;

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items. May be fewer than asked for, even when there are more.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// Where a list goes on. Opaque: give it back to the list that handed it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    pub(crate) fn at(key: impl fmt::Display) -> Self {
        Self(key.to_string())
    }

    pub(crate) fn key<K: FromStr>(&self) -> Result<K, Error> {
        self.0.parse().map_err(|_error| Error::BadCursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    /// Takes a cursor from a request. Whether it fits the list is decided when it is used.
    fn from_str(text: &str) -> Result<Self, Error> {
        let fits =
            (1..=CURSOR_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(Error::BadCursor) }
    }
}

/// The number of items that a page may have.
pub(crate) fn limit(asked: u32) -> u32 {
    asked.clamp(1, PAGE_MAX)
}

/// A page of the rows that were asked for with one more than `limit`, and the key at which the next one begins.
pub(crate) fn of<R, T, K>(rows: Vec<R>, limit: u32, key: impl Fn(&T) -> K) -> Result<Page<T>, Error>
where
    T: TryFrom<R>,
    Error: From<T::Error>,
    K: fmt::Display,
{
    let is_last = rows.len() <= limit as usize;
    let items: Vec<T> =
        rows.into_iter().take(limit as usize).map(T::try_from).collect::<Result<_, T::Error>>()?;
    let next = if is_last { None } else { items.last().map(|item| Cursor::at(key(item))) };
    Ok(Page { items, next })
}
