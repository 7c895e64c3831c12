//! Record names that carry the number of the call that sent them. The service ignores the case of letters, so the case
//! encodes the number.

const LETTERS: &str = "abcdefghijklmnopqrstuvwx";

/// Returns the name of that index, spelled for the call of that number.
///
/// The first name is a part of all the others, so a search for it finds all of them, on several pages.
pub(crate) fn spell(index: usize, call: u32) -> String {
    let spelled = LETTERS.chars().enumerate().map(|(bit, letter)| match call >> bit & 1 {
        0 => letter,
        _ => letter.to_ascii_uppercase(),
    });
    let prefix = if index == 0 { String::new() } else { format!("{index}-") };
    prefix + &spelled.collect::<String>() + ".example.com"
}

/// Returns the name's index, and the number of the call that spelled it.
pub(crate) fn read(name: &str) -> Option<(usize, u32)> {
    let label = name.strip_suffix(".example.com")?;
    let (index, letters) = match label.split_once('-') {
        Some((index, letters)) => (index.parse().ok()?, letters),
        None => (0, label),
    };
    if !letters.eq_ignore_ascii_case(LETTERS) {
        return None;
    }
    let bits = letters.bytes().enumerate().filter(|(_, letter)| letter.is_ascii_uppercase());
    Some((index, bits.map(|(bit, _)| 1 << bit).sum()))
}

#[test]
fn a_name_has_its_call_s_number() {
    for (index, call) in [(0, 0), (1, 1), (11, 0b1010), (39, 0xff_ffff)] {
        let name = spell(index, call);
        assert_eq!(read(&name), Some((index, call)), "{name}");
        assert!(name.to_ascii_lowercase().contains(&spell(0, 0)));
        assert!(name.eq_ignore_ascii_case(&spell(index, 0)));
    }
    for foreign in
        ["", "a.example.com", "x-abcdefghijklmnopqrstuvwx.example.com", "abcdefghijklmnopqrstuvwx.example.org"]
    {
        assert_eq!(read(foreign), None, "{foreign}");
    }
}
