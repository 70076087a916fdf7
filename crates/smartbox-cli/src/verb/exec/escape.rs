//! The way out of a command that no longer answers: `~.` at the beginning of a line, as in OpenSSH.
//!
//! In raw mode every key goes to the box, Ctrl-C too. `~~` at the beginning of a line is one `~`.

/// Watches the keys of a terminal.
#[derive(Debug)]
pub(super) struct Escape {
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    Tilde,
    Within,
}

/// What to do with a piece of input.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Keys {
    /// Bytes for the command.
    pub(super) bytes: Vec<u8>,
    /// The user wants to leave.
    pub(super) leaves: bool,
}

impl Escape {
    pub(super) const fn new() -> Self {
        Self { state: State::LineStart }
    }

    /// Takes the next keys. A tilde at the beginning of a line is held back until the key after it.
    pub(super) fn push(&mut self, keys: &[u8]) -> Keys {
        let mut bytes = Vec::with_capacity(keys.len() + 1);
        for &key in keys {
            match (self.state, key) {
                (State::LineStart, b'~') => {
                    self.state = State::Tilde;
                    continue;
                }
                (State::Tilde, b'.') => return Keys { bytes, leaves: true },
                (State::Tilde, b'~') => {}
                (State::Tilde, _) => bytes.push(b'~'),
                _ => {}
            }
            bytes.push(key);
            self.state = if matches!(key, b'\r' | b'\n') { State::LineStart } else { State::Within };
        }
        Keys { bytes, leaves: false }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(keys: &[u8]) -> Keys {
        Escape::new().push(keys)
    }

    #[test]
    fn tilde_dot_leaves_only_at_the_beginning_of_a_line() {
        assert!(all(b"~.").leaves);
        assert_eq!(all(b"ls\r~."), Keys { bytes: b"ls\r".to_vec(), leaves: true });
        for other in [b"a~.".as_slice(), b"~~.", b"~a.", b"."] {
            assert!(!all(other).leaves, "{other:?}");
        }
    }

    #[test]
    fn other_tildes_reach_the_command() {
        assert_eq!(all(b"~/bin\r").bytes, b"~/bin\r");
        assert_eq!(all(b"~~\r").bytes, b"~\r");
        assert_eq!(all(b"cd ~\r").bytes, b"cd ~\r");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_keys_are_cut(pieces in proptest::collection::vec("[~.a\\r]{0,4}", 0..8)) {
            let mut escape = Escape::new();
            let mut cut = Keys { bytes: Vec::new(), leaves: false };
            for piece in &pieces {
                let keys = escape.push(piece.as_bytes());
                cut.bytes.extend(keys.bytes);
                if keys.leaves {
                    cut.leaves = true;
                    break;
                }
            }
            prop_assert_eq!(cut, all(pieces.concat().as_bytes()));
        }
    }
}
