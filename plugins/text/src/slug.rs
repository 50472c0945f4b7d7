//! Slugs: text as part of a URL or a file name.

/// Letters and digits in lower case, everything between them as one separator; accents of Latin letters
/// are dropped, other scripts stay. At most `limit` characters, cut between words where possible.
pub(crate) fn slugify(text: &str, separator: char, limit: usize) -> String {
    let mut slug = String::new();
    let mut length = 0;
    let folded: String =
        text.chars().flat_map(char::to_lowercase).map(|c| fold(c).unwrap_or(c)).collect();
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let count = word.chars().count();
        if length == 0 {
            slug.extend(word.chars().take(limit));
            length = count.min(limit);
        } else if length + 1 + count <= limit {
            slug.push(separator);
            slug.push_str(word);
            length += 1 + count;
        } else {
            break;
        }
    }
    slug
}

/// The plain letter of an accented Latin one.
const fn fold(c: char) -> Option<char> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::slugify;

    #[test]
    fn words_are_joined_and_the_rest_dropped() {
        assert_eq!(slugify("  Crème brûlée, 2nd edition! ", '-', 80), "creme-brulee-2nd-edition");
        assert_eq!(slugify("Ürümqi 乌鲁木齐", '_', 80), "urumqi_乌鲁木齐");
        assert_eq!(slugify("?!", '-', 80), "");
    }

    #[test]
    fn a_slug_is_cut_between_words_or_within_the_first() {
        assert_eq!(slugify("one two three", '-', 9), "one-two");
        assert_eq!(slugify("éxtraordinary", '-', 5), "extra");
    }
}
