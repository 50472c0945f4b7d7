//! What is found among hidden characters, and what has to pass.

use super::*;
use crate::rule::Rule::{Bidi, Tags, Terminal, Variation, ZeroWidth};

#[track_caller]
fn check(text: &str, expected: &[Rule]) {
    let expected: Rules = expected.iter().copied().collect();
    assert_eq!(rules(&find(text)), expected, "{}", text.escape_debug());
}

#[track_caller]
fn check_strip(text: &str, expected: &str) {
    let stripped = strip(text, &find(text), Rule::ALL.into_iter().collect());
    assert_eq!(stripped, expected, "{}", text.escape_debug());
    check(&stripped, &[]);
}

/// The text in letters that nobody sees.
fn tagged(text: &str) -> String {
    text.chars().map(|c| char::from_u32(0xe0000 + u32::from(c)).unwrap()).collect()
}

/// The bytes as variation selectors.
fn selected(bytes: &[u8]) -> String {
    let selector = |byte: u32| if byte < 16 { 0xfe00 + byte } else { 0xe0100 + byte - 16 };
    bytes.iter().map(|byte| char::from_u32(selector(u32::from(*byte))).unwrap()).collect()
}

#[test]
fn emoji_of_all_kinds_pass() {
    for text in [
        "done \u{2705}, careful \u{26a0}\u{fe0f}, \u{2764}\u{fe0f}\u{200d}\u{1f525}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466} \u{1f469}\u{1f3fd}\u{200d}\u{1f4bb}",
        "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} \u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308} \u{1f3f3}\u{fe0f}\u{200d}\u{26a7}\u{fe0f} \u{1f3f4}\u{200d}\u{2620}\u{fe0f}",
        "1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3} *\u{fe0f}\u{20e3} \u{a9}\u{fe0f} \u{2122}\u{fe0f} \u{2139}\u{fe0f} \u{1f170}\u{fe0f}",
        "\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7} \u{1f9d1}\u{1f3fb}\u{200d}\u{1f91d}\u{200d}\u{1f9d1}\u{1f3ff}",
        "cut off \u{fe0f} and again \u{fe0f}",
        "\u{2194}\u{fe0f} \u{25b6}\u{fe0e} \u{3030}\u{fe0f}",
    ] {
        check(text, &[]);
    }
}

#[test]
fn scripts_that_need_joiners_and_directions_pass() {
    for text in [
        "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645} \u{6a9}\u{62a}\u{627}\u{628}\u{200c}\u{647}\u{627}",
        "\u{915}\u{94d}\u{200d}\u{937} \u{930}\u{94d}\u{200d}\u{92f} \u{dc1}\u{dca}\u{200d}\u{dbb}\u{dd3}",
        "\u{995}\u{9cd}\u{200c}\u{9b7}, \u{d28}\u{d4d}\u{200d}",
        "\u{e2a}\u{e27}\u{e31}\u{e2a}\u{e14}\u{e35}\u{200b}\u{e04}\u{e23}\u{e31}\u{e1a} \u{1787}\u{17c6}\u{200b}\u{179a}\u{17b6}\u{1794}",
        "\u{4f60}\u{597d}\u{200b}\u{4e16}\u{754c} \u{845b}\u{e0100}\u{57ce} \u{8fbb}\u{e0101}",
        "\u{05e9}\u{05dc}\u{05d5}\u{05dd}\u{200f} \u{202b}\u{05e2}\u{05d1}\u{05e8}\u{05d9}\u{05ea} (ABC)\u{202c}",
        "\u{627}\u{644}\u{633}\u{644}\u{627}\u{645}\u{200f} ABC\u{200e}, \u{2067}\u{645}\u{631}\u{62d}\u{628}\u{627}\u{2069}",
        "User \u{2068}Ann\u{2069} has \u{2066}3\u{2069} files; call \u{202d}+1 555 010 99\u{202c}",
        "\u{1820}\u{180b} \u{182d}\u{180e}\u{1820} \u{3164}",
        "Donau\u{ad}dampf\u{ad}schiff\u{ad}fahrt, Auf\u{200c}lage, \u{feff}start, a \u{200b}b",
        "\u{2229}\u{fe00} 0\u{fe00} f\u{2061}(x) a\u{200b}/b",
    ] {
        check(text, &[]);
    }
}

#[test]
fn colours_and_movements_of_a_terminal_pass() {
    for text in [
        "\u{1b}[1;32mok\u{1b}[0m \u{1b}[38;5;8mgrey\u{1b}[48;2;8;8;8m",
        "\u{1b}[2K\u{1b}[1A50 %",
        "\u{1b}]0;title\u{7} \u{1b}]8;;https://example.com\u{1b}\\link\u{1b}]8;;\u{1b}\\",
        "\u{1b}",
    ] {
        check(text, &[]);
    }
}

#[test]
fn letters_that_nobody_sees_are_found() {
    check(&format!("Adds numbers.{}", tagged("ignore")), &[Tags]);
    check(&format!("a{}b", tagged("x")), &[Tags]);
    check(&format!("\u{1f3f4}{}", tagged("send the keys")), &[Tags]);
    check(&format!("\u{1f3f4}{}", tagged("gb")), &[Tags]);
    check("\u{e0001}\u{e0fff}", &[Tags]);
    check_strip(&format!("Adds{} numbers.", tagged("ignore that")), "Adds numbers.");
}

#[test]
fn bytes_in_selectors_are_found() {
    check(&format!("Hello{}", selected(b"send")), &[Variation]);
    check(&format!("\u{1f600}{}", selected(b"send")), &[Variation]);
    check("a\u{fe00}b\u{fe01}c", &[Variation]);
    check("a\u{e0100}", &[Variation]);
    check("a\u{fe0f}b\u{fe0e}c\u{fe0f}d", &[Variation]);
    check_strip(&format!("ok\u{2705}{}!", selected(&[15, 1, 2])), "ok\u{2705}\u{fe0f}!");
    check_strip("a\u{fe00}b", "ab");
}

#[test]
fn words_that_are_parted_and_long_runs_are_found() {
    check("ig\u{200b}nore", &[ZeroWidth]);
    check("ig\u{2060}nore", &[ZeroWidth]);
    check("ig\u{200d}nore", &[ZeroWidth]);
    check("ig\u{200c}\u{ad}nore", &[ZeroWidth]);
    check("\u{438}\u{433}\u{43d}\u{200b}\u{43e}\u{440}", &[ZeroWidth]);
    check("\u{200b}\u{200c}\u{200b}\u{200c}", &[ZeroWidth]);
    check("x \u{3164}\u{3164}\u{3164}\u{3164}", &[ZeroWidth]);
    check("a\u{fff9}b\u{fffa}c\u{fffb}", &[ZeroWidth]);
    check_strip("ig\u{200b}nore \u{200b}\u{200d}\u{2060}this", "ignore this");
}

#[test]
fn text_that_reads_otherwise_than_it_looks_is_found() {
    check("file \u{202e}txt.exe", &[Bidi]);
    check("\u{202e}abc\u{202c}", &[Bidi]);
    check("\u{202d}abc\u{202c}", &[Bidi]);
    check("if x \u{2066}// then\nreturn", &[Bidi]);
    check("\u{202b}a (b) c\u{202c}", &[Bidi]);
    check("\u{2067}a; b\u{2069}", &[Bidi]);
    check_strip("file \u{202e}txt.exe\u{202c}", "file txt.exe");
}

#[test]
fn what_hides_from_people_at_a_terminal_is_found() {
    check("\u{1b}[8mread the keys\u{1b}[0m", &[Terminal]);
    check("\u{1b}[1;8;31mread", &[Terminal]);
    check("\u{1b}]52;c;cm0gLXJm\u{7}", &[Terminal]);
    check("\u{1b}P+q\u{1b}\\ \u{1b}_x", &[Terminal]);
    check_strip("a\u{1b}[8mb\u{1b}]52;c;x\u{7}c\u{1b}[1md", "abc\u{1b}[1md");
}
