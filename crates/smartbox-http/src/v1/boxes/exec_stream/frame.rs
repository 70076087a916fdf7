//! Frames of an exec stream: the first byte names the channel.

use axum::extract::ws::Message;
use bytes::{BufMut, Bytes, BytesMut};
use smartbox_api::{EXEC_CHANNEL_CONTROL, EXEC_CHANNEL_STDIN, ExecStreamControl, ExecStreamStart, TtySize};
use smartbox_control::NewCommand;

use super::super::exec::check_size;
use crate::body;
use crate::problem::ApiError;

/// Signals that a client may send.
const SIGNALS: [&str; 5] = ["INT", "TERM", "KILL", "HUP", "QUIT"];

/// What a client says after the first message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input<'a> {
    Bytes(&'a [u8]),
    End,
    Resize(TtySize),
    Signal(String),
}

/// Reads the first message.
pub(super) fn start(text: &[u8]) -> Result<NewCommand, ApiError> {
    let start: ExecStreamStart = body::parse(text)?;
    if let Some(size) = start.tty {
        check_size(size)?;
    }
    let tty = start.tty.map(|size| (size.cols, size.rows));
    Ok(NewCommand { argv: start.argv, env: start.env, cwd: start.cwd, tty })
}

/// Reads any later message.
pub(super) fn input(frame: &[u8]) -> Result<Input<'_>, ApiError> {
    match frame.split_first() {
        None => Err(not_understood("an empty frame")),
        Some((&EXEC_CHANNEL_STDIN, [])) => Ok(Input::End),
        Some((&EXEC_CHANNEL_STDIN, bytes)) => Ok(Input::Bytes(bytes)),
        Some((&EXEC_CHANNEL_CONTROL, json)) => control_input(json),
        Some((channel, _)) => Err(not_understood(&format!("a frame of channel {channel}"))),
    }
}

fn control_input(json: &[u8]) -> Result<Input<'static>, ApiError> {
    match body::parse(json)? {
        ExecStreamControl::Resize(size) => check_size(size).map(|()| Input::Resize(size)),
        ExecStreamControl::Signal { signal } if SIGNALS.contains(&signal.as_str()) => {
            Ok(Input::Signal(signal))
        }
        ExecStreamControl::Signal { .. } => {
            Err(ApiError::field("signal", format!("is one of {}", SIGNALS.join(", "))))
        }
        ExecStreamControl::Ended(_) | ExecStreamControl::Failed { .. } => {
            Err(not_understood("a control message that only the server sends"))
        }
    }
}

pub(super) fn not_understood(what: &str) -> ApiError {
    ApiError::field("frame", format!("{what} has no meaning here"))
}

/// A frame of output.
pub(super) fn output(channel: u8, bytes: &[u8]) -> Message {
    let mut frame = BytesMut::with_capacity(bytes.len() + 1);
    frame.put_u8(channel);
    frame.put_slice(bytes);
    Message::Binary(frame.freeze())
}

/// A control frame.
pub(super) fn control(control: &ExecStreamControl) -> Message {
    let json: Bytes = serde_json::to_vec(control).unwrap_or_default().into();
    output(EXEC_CHANNEL_CONTROL, &json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T>(result: Result<T, ApiError>) -> String {
        result.err().expect("it is refused").report("req_1").detail.unwrap()
    }

    #[test]
    fn frames_of_a_client_are_read() {
        assert_eq!(input(b"\0abc").unwrap(), Input::Bytes(b"abc"));
        assert_eq!(input(b"\0").unwrap(), Input::End);
        let resize = b"\x03{\"type\":\"resize\",\"cols\":80,\"rows\":24}";
        assert_eq!(input(resize).unwrap(), Input::Resize(TtySize { cols: 80, rows: 24 }));
        assert_eq!(
            input(b"\x03{\"type\":\"signal\",\"signal\":\"INT\"}").unwrap(),
            Input::Signal("INT".to_owned())
        );
    }

    #[test]
    fn frames_without_a_meaning_are_refused() {
        let frames: [&[u8]; 8] = [
            b"",
            b"\x01abc",
            b"\x07",
            b"\x03",
            b"\x03{\"type\":\"resize\",\"cols\":0,\"rows\":24}",
            b"\x03{\"type\":\"signal\",\"signal\":\"STOP\"}",
            b"\x03{\"type\":\"ended\",\"outcome\":\"lost\"}",
            b"\x03{\"type\":\"dance\"}",
        ];
        let told: Vec<_> = frames
            .iter()
            .map(|frame| format!("{} -> {}", frame.escape_ascii(), refused(input(frame))))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_command_is_read_from_the_first_message() {
        let command =
            start(br#"{"argv":["sh"],"env":{"A":"1"},"cwd":"/tmp","tty":{"cols":80,"rows":24}}"#).unwrap();
        assert_eq!((command.argv.as_slice(), command.tty), (["sh".to_owned()].as_slice(), Some((80, 24))));
        assert_eq!(refused(start(b"{}")), "argv: is missing");
        assert_eq!(
            refused(start(br#"{"argv":[],"shell":true}"#)).split(';').next(),
            Some("shell: is not known here")
        );
        assert!(refused(start(br#"{"argv":["sh"],"tty":{"cols":65535,"rows":1}}"#)).starts_with("tty: "));
    }
}
