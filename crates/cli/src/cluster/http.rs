//! Requests over a local socket: HTTP/1.0, one connection each, so that an answer ends where the connection does.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long an answer may take; API servers give up after a minute.
const PATIENCE: Duration = Duration::from_secs(70);
/// The most bytes of an answer.
const LIMIT: u64 = 64 << 20;

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The texts of its `Warning` fields.
    pub(super) warnings: Vec<String>,
    pub(super) body: String,
}

/// Asks and waits. `body` is its content type and its text.
pub(super) fn request(socket: &Path, method: &str, path: &str, body: Option<(&str, &str)>) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\nUser-Agent: windlass\r\n");
    if let Some((kind, text)) = body {
        head.push_str(&format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", text.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    if let Some((_, text)) = body {
        stream.write_all(text.as_bytes())?;
    }
    let mut bytes = Vec::new();
    stream.take(LIMIT).read_to_end(&mut bytes)?;
    answer(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "what was answered is no HTTP"))
}

fn answer(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
    let fields = lines.filter_map(|line| line.split_once(':'));
    let warnings = fields.filter(|(name, _)| name.eq_ignore_ascii_case("warning")).filter_map(|(_, value)| warning(value));
    Some(Answer { status, warnings: warnings.collect(), body })
}

/// The text of `299 - "text"`, in which quotes and backslashes follow a backslash.
fn warning(value: &str) -> Option<String> {
    let quoted = value.split_once('"')?.1;
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Some(text),
            '\\' => text.push(characters.next()?),
            other => text.push(other),
        }
    }
    None
}

/// A name as a part of a path.
pub(super) fn percent(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_a_status_warnings_and_a_body() {
        let read =
            answer(b"HTTP/1.0 201 Created\r\nWarning: 299 - \"a \\\"b\\\"\"\r\nX: y\r\nwarning: 299 - \"c\"\r\n\r\n{}").expect("an answer");
        assert_eq!(read, Answer { status: 201, warnings: vec!["a \"b\"".into(), "c".into()], body: "{}".into() });
        assert_eq!(answer(b"HTTP/1.0 200 OK\r\n"), None);
        assert_eq!(answer(b"no\r\n\r\n"), None);
    }

    #[test]
    fn names_stay_one_part_of_a_path() {
        assert_eq!(percent("a/../b?c"), "a%2F..%2Fb%3Fc");
    }
}
