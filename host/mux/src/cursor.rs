//! Cursors as clients see them: opaque text for a position in the catalog.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpmux_core::catalog::page::Position;
use mcpmux_core::names::BackendName;

/// Between backend and exposed name; neither can hold it.
const BETWEEN: char = '/';

pub(crate) fn encode(position: &Position) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{BETWEEN}{}", position.backend, position.exposed))
}

pub(crate) fn decode(cursor: &str) -> Option<Position> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (backend, exposed) = text.split_once(BETWEEN)?;
    Some(Position { backend: BackendName::new(backend).ok()?, exposed: exposed.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_the_position_it_was() {
        let position =
            Position { backend: BackendName::new("a-1").unwrap(), exposed: "a-1__x.y".into() };
        assert_eq!(decode(&encode(&position)), Some(position));
        for wrong in ["", "x", "äö", "YQ", "QS9i"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
