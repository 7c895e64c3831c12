//! A section of an INI file.
//!
//! Written here for two reasons. The file holds secrets, and a library's parser leaves copies of them in memory. And
//! two sections of the same name must not be merged: the id of one key could be combined with the secret of another.

use zeroize::Zeroizing;

/// Keys, in lower case, and values.
pub(super) type Pairs = Vec<(String, Zeroizing<String>)>;

/// Returns the keys and values of the section `name`. An error describes what is wrong, without a value.
///
/// Reads the file as the official SDKs do. `#` begins a comment, also after a value. `;` begins one at the start of a
/// line. A line with more indentation than the key before it continues that key's value.
pub(super) fn section(text: &str, name: &str) -> Result<Pairs, String> {
    let mut found = None;
    let mut inside = false;
    // The indentation of the last key.
    let mut last: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        let content = without_comment(line);
        if content.is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if let Some(heading) = content.strip_prefix('[') {
            let heading =
                heading.strip_suffix(']').ok_or_else(|| format!("line {number} isn't a section's heading"))?;
            inside = heading.trim() == name;
            last = None;
            if inside && found.replace(Pairs::new()).is_some() {
                return Err(format!("the section {name} is there twice, again in line {number}"));
            }
            continue;
        }
        let Some(values) = found.as_mut().filter(|_| inside) else { continue };
        if let Some((_, value)) = values.last_mut().filter(|_| last.is_some_and(|of_key| indent > of_key)) {
            let joined = Zeroizing::new([value.as_str(), "\n", content].concat());
            *value = Zeroizing::new(joined.trim_start().to_owned());
            continue;
        }
        let (key, value) = content.split_once(['=', ':']).ok_or_else(|| format!("line {number} has no ="))?;
        let key = key.trim().to_ascii_lowercase();
        if values.iter().any(|(other, _)| *other == key) {
            return Err(format!("{key} is there twice, again in line {number}"));
        }
        values.push((key, Zeroizing::new(value.trim().to_owned())));
        last = Some(indent);
    }
    found.ok_or_else(|| format!("it has no section {name}"))
}

fn without_comment(line: &str) -> &str {
    let line = if line.trim_start().starts_with(';') { "" } else { line };
    line.split('#').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let mut pairs: Vec<_> =
            section(text, "default")?.into_iter().map(|(key, value)| (key, value.to_string())).collect();
        pairs.sort();
        Ok(pairs)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
        Ok(pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect())
    }

    #[test]
    fn only_the_section_is_read() {
        let text = "a = 0\n[other]\na = 1\n[default]\na = 2\nb=3\n[ last ]\na = 4\nanything\n";

        assert_eq!(read(text), pairs(&[("a", "2"), ("b", "3")]));
    }

    #[test]
    fn comments_blanks_and_the_ends_of_lines_are_not_part_of_a_value() {
        let text = "# c\r\n; c\r\n[default] # c\r\nType = access_key # c\r\n  \r\na : x=y==\r\nb =\r\n";

        assert_eq!(read(text), pairs(&[("a", "x=y=="), ("b", ""), ("type", "access_key")]));
    }

    #[test]
    fn a_line_further_in_goes_on_with_the_value_and_others_do_not() {
        assert_eq!(read("[default]\na = {\n  x\n  }\nb = 1"), pairs(&[("a", "{\nx\n}"), ("b", "1")]));
        assert_eq!(read("[default]\na =\n  1"), pairs(&[("a", "1")]));
        assert_eq!(read("[default]\n  a = 1\n  b = 2"), pairs(&[("a", "1"), ("b", "2")]));
    }

    #[test]
    fn what_is_there_twice_is_refused_where_it_counts() {
        assert_eq!(
            read("[default]\na=1\n[default]\na=2"),
            Err("the section default is there twice, again in line 3".into())
        );
        assert_eq!(read("[default]\na=hunter2\nA=hunter3"), Err("a is there twice, again in line 3".into()));
        assert_eq!(read("[other]\n[other]\n[default]\na=1"), pairs(&[("a", "1")]));
    }

    #[test]
    fn what_is_no_ini_is_refused_without_being_repeated() {
        assert_eq!(read(""), Err("it has no section default".into()));
        assert_eq!(read("[default"), Err("line 1 isn't a section's heading".into()));
        assert_eq!(read("[default]\nhunter2"), Err("line 2 has no =".into()));
        assert_eq!(read(&"a".repeat(1024 * 1024)), Err("it has no section default".into()));
    }
}
