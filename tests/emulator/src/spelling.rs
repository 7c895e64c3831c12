//! Finds the name that was probably meant by a misspelt one.

/// Longer texts aren't typing errors, and take long to compare.
const LONGEST: usize = 100;

/// Returns the nearest of the words, if it is near enough: a third of the letters may differ.
pub(crate) fn nearest<'w>(wrong: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if wrong.len() > LONGEST {
        return None;
    }
    let wrong = wrong.to_ascii_lowercase();
    let most = wrong.chars().count().div_ceil(3);
    let distances = words.into_iter().map(|word| (distance(&wrong, &word.to_ascii_lowercase()), word));
    distances.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// Explains serde's error about a JSON document. For an unknown name, adds the one that was probably meant.
pub(crate) fn explain(problem: &serde_json::Error) -> String {
    let text = problem.to_string();
    if !text.starts_with("unknown ") {
        return text;
    }
    // Names are in backticks: first the unknown one, then the known ones.
    let mut names = text.split('`').skip(1).step_by(2);
    let meant = names.next().and_then(|wrong| nearest(wrong, names));
    meant.map(|word| format!("did you mean `{word}`? {text}")).unwrap_or(text)
}

/// Returns how many letters have to be inserted, removed, replaced, or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
    for row in 0..=one.len() {
        for column in 0..=other.len() {
            if row == 0 || column == 0 {
                table[row][column] = row + column;
                continue;
            }
            let replaced = table[row - 1][column - 1] + usize::from(one[row - 1] != other[column - 1]);
            let changed = replaced.min(table[row - 1][column] + 1).min(table[row][column - 1] + 1);
            let swaps = row > 1 && column > 1 && one[row - 2..row] == [other[column - 1], other[column - 2]];
            let swapped = if swaps { table[row - 2][column - 2] + 1 } else { changed };
            table[row][column] = changed.min(swapped);
        }
    }
    table[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    fn a_distance_counts_letters() {
        for (one, other, expected) in [("", "", 0), ("", "ab", 2), ("abc", "", 3), ("times", "time", 1)] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("wier", "wire"), distance("stauts", "status")), (1, 1));
    }

    #[test]
    fn only_a_near_word_is_meant() {
        let words = ["CreateRoutine", "CreateSite", "GetRoutine"];
        assert_eq!(nearest("creatRoutin", words), Some("CreateRoutine"));
        assert_eq!(nearest("GetRutine", words), Some("GetRoutine"));
        assert_eq!(nearest("Frobnicate", words), None);
        assert_eq!(nearest("", words), None);
        let long = "x".repeat(LONGEST);
        assert_eq!(nearest(&long, [long.as_str()]), Some(long.as_str()));
        assert_eq!(nearest(&format!("{long}x"), [long.as_str()]), None);
    }

    #[test]
    fn an_unknown_key_is_reported_with_the_nearest_one() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its keys matter")]
        struct Document {
            action: String,
            times: u64,
        }
        let problem = |text| explain(&serde_json::from_str::<Document>(text).unwrap_err());
        assert!(problem(r#"{"tiems": 1}"#).starts_with("did you mean `times`? unknown field `tiems`"));
        assert!(problem(r#"{"count": 1}"#).starts_with("unknown field `count`"));
        assert!(problem(r#"{"times": 1}"#).starts_with("missing field `action`"));
    }
}
