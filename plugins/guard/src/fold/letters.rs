//! Letters that are another letter in other clothes, and letters that look like another.

/// The plain Latin letter, in lower case, that a letter with an accent, in a frame or of a mathematical alphabet is.
pub(super) fn plain(c: char) -> Option<char> {
    let code = u32::from(c);
    let nth = |from: u32| char::from_u32(u32::from('a') + (code - from) % 26);
    match code {
        0..0xc0 => None,
        0xc0..=0x17f => {
            ACCENTS.iter().find(|(_, accented)| accented.contains(c)).map(|(letter, _)| *letter)
        }
        // Full width.
        0xff21..=0xff3a => nth(0xff21),
        0xff41..=0xff5a => nth(0xff41),
        0xff10..=0xff19 => char::from_u32(code - 0xff10 + u32::from('0')),
        // Mathematical alphabets, and their digits.
        0x1d400..=0x1d6a3 => nth(0x1d400),
        0x1d7ce..=0x1d7ff => char::from_u32(u32::from('0') + (code - 0x1d7ce) % 10),
        // In circles, brackets and squares.
        0x24b6..=0x24cf => nth(0x24b6),
        0x24d0..=0x24e9 => nth(0x24d0),
        0x249c..=0x24b5 => nth(0x249c),
        0x1f110..=0x1f129 => nth(0x1f110),
        0x1f130..=0x1f149 => nth(0x1f130),
        0x1f150..=0x1f169 => nth(0x1f150),
        0x1f170..=0x1f189 => nth(0x1f170),
        _ => OTHERS.iter().find(|(_, others)| others.contains(c)).map(|(letter, _)| *letter),
    }
}

/// The Latin letter that a letter of another script looks like.
pub(super) fn like_latin(c: char) -> Option<char> {
    LOOKALIKES.iter().find(|(_, others)| others.contains(c)).map(|(letter, _)| *letter)
}

/// A mark that is a part of a word in the scripts of India and South East Asia.
pub(super) const fn is_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{963}' | '\u{966}'..='\u{dff}' | '\u{e00}'..='\u{eff}')
}

const ACCENTS: [(char, &str); 20] = [
    ('a', "ÀÁÂÃÄÅàáâãäåĀāĂăĄąÆæ"),
    ('c', "ÇçĆćĈĉĊċČč"),
    ('d', "ĎďĐđÐð"),
    ('e', "ÈÉÊËèéêëĒēĔĕĖėĘęĚě"),
    ('g', "ĜĝĞğĠġĢģ"),
    ('h', "ĤĥĦħ"),
    ('i', "ÌÍÎÏìíîïĨĩĪīĬĭĮįİı"),
    ('j', "Ĵĵ"),
    ('k', "Ķķĸ"),
    ('l', "ĹĺĻļĽľĿŀŁł"),
    ('n', "ÑñŃńŅņŇňŉŊŋ"),
    ('o', "ÒÓÔÕÖØòóôõöøŌōŎŏŐőŒœ"),
    ('r', "ŔŕŖŗŘř"),
    ('s', "ŚśŜŝŞşŠšſß"),
    ('t', "ŢţŤťŦŧ"),
    ('u', "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲų"),
    ('w', "Ŵŵ"),
    ('y', "ÝýÿŶŷŸ"),
    ('z', "ŹźŻżŽž"),
    ('p', "Þþ"),
];

/// Small capitals, and letters that stand among symbols.
const OTHERS: [(char, &str); 25] = [
    ('a', "ᴀ"),
    ('b', "ʙℬ"),
    ('c', "ᴄℂℭ"),
    ('d', "ᴅⅆⅅ"),
    ('e', "ᴇℯℰⅇ"),
    ('f', "ꜰℱ"),
    ('g', "ɢℊɡ"),
    ('h', "ʜℋℌℍℎℏ"),
    ('i', "ɪℐℑⅈℹ"),
    ('j', "ᴊⅉ"),
    ('k', "ᴋK"),
    ('l', "ʟℒℓ"),
    ('m', "ᴍℳ"),
    ('n', "ɴℕ"),
    ('o', "ᴏℴ"),
    ('p', "ᴘℙ℘"),
    ('q', "ℚ"),
    ('r', "ʀℛℜℝ"),
    ('s', "ꜱ"),
    ('t', "ᴛ"),
    ('u', "ᴜ"),
    ('v', "ᴠ"),
    ('w', "ᴡ"),
    ('y', "ʏ"),
    ('z', "ᴢℤℨ"),
];

/// Cyrillic, Greek and Armenian letters, in lower case.
const LOOKALIKES: [(char, &str); 22] = [
    ('a', "аαɑ"),
    ('b', "вьβ"),
    ('c', "сϲ"),
    ('d', "ԁ"),
    ('e', "еєεҽ"),
    ('g', "ɡց"),
    ('h', "һհн"),
    ('i', "іιїӏ"),
    ('j', "јϳ"),
    ('k', "кκ"),
    ('m', "м"),
    ('n', "пηոո"),
    ('o', "оοօσ"),
    ('p', "рρ"),
    ('q', "ԛզ"),
    ('r', "гѓ"),
    ('s', "ѕ"),
    ('t', "тτ"),
    ('u', "υսц"),
    ('v', "ѵν"),
    ('x', "хχ"),
    ('y', "уγў"),
];
