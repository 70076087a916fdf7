//! Header lines in the order in which they are written. There are few of them, and a list of few is faster than a map.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Header lines.
#[derive(Debug)]
pub(crate) struct Lines(Vec<(HeaderName, HeaderValue)>);

impl Lines {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// One more line.
    pub(crate) fn add(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.push((name, value));
    }

    /// The only line of this name.
    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.remove(&name);
        self.add(name, value);
    }

    pub(crate) fn remove(&mut self, name: &HeaderName) {
        // Most often there is none.
        if self.has(name) {
            self.0.retain(|(known, _)| known != name);
        }
    }

    pub(crate) fn has(&self, name: &HeaderName) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        self.0.iter()
    }

    pub(crate) fn into_map(self) -> HeaderMap {
        let mut map = HeaderMap::with_capacity(self.0.len());
        for (name, value) in self.0 {
            map.append(name, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use http::header::{ACCEPT, HOST};

    use super::*;

    #[test]
    fn what_is_set_is_said_once() {
        let value = HeaderValue::from_static;
        let mut lines = Lines::with_capacity(4);
        lines.add(ACCEPT, value("a"));
        lines.add(HOST, value("x"));
        lines.add(ACCEPT, value("b"));
        lines.set(ACCEPT, value("c"));
        lines.set(HOST, value("y"));
        let map = lines.into_map();
        assert_eq!(map.get_all(ACCEPT).iter().collect::<Vec<_>>(), ["c"]);
        assert_eq!(map.get_all(HOST).iter().collect::<Vec<_>>(), ["y"]);
        assert_eq!(map.len(), 2);
    }
}
