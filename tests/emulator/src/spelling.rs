//! The nearest right word for one that isn't: in what seeds, fault rules and the interface's requests say.

use serde::de::DeserializeOwned;

/// Whatever is longer is no slip of the pen.
const LONGEST: usize = 100;

/// Reads JSON. Of a field or a value that isn't known, the problem names the one that was meant, as far as can be told.
pub(crate) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|problem| {
        let problem = problem.to_string();
        let is_unknown = ["unknown field", "unknown variant"].iter().any(|start| problem.starts_with(start));
        // The word that isn't known, and then those that are.
        let mut words = problem.split('`').skip(1).step_by(2);
        let hint = words.next().filter(|_| is_unknown).map(|unknown| hint(unknown, words));
        problem.clone() + &hint.unwrap_or_default()
    })
}

/// What to add to the refusal of a word: nothing if no known one is near.
pub(crate) fn hint<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> String {
    if unknown.len() > LONGEST {
        return String::new();
    }
    let most = (unknown.chars().count() / 3).max(2);
    let nearest = known.map(|word| (distance(unknown, word), word)).min().filter(|(distance, _)| *distance <= most);
    nearest.map(|(_, word)| format!("; did you mean {word}?")).unwrap_or_default()
}

/// How many letters have to be put in, taken away, changed or swapped with the next one, whatever their case.
fn distance(from: &str, to: &str) -> usize {
    let letters = |word: &str| word.to_lowercase().chars().collect::<Vec<_>>();
    let (from, to) = (letters(from), letters(to));
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for row in 1..=from.len() {
        let mut counts = vec![row];
        for column in 1..=to.len() {
            let changed = rows[row - 1][column - 1] + usize::from(from[row - 1] != to[column - 1]);
            let mut least = changed.min(rows[row - 1][column] + 1).min(counts[column - 1] + 1);
            let is_swapped = row > 1 && column > 1 && from[row - 2..row] == [to[column - 1], to[column - 2]];
            if is_swapped {
                least = least.min(rows[row - 2][column - 2] + 1);
            }
            counts.push(least);
        }
        rows.push(counts);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_letters() {
        for (from, to, expected) in
            [("", "", 0), ("a", "", 1), ("Busy", "busy", 0), ("bussy", "busy", 1), ("reday", "ready", 1)]
        {
            assert_eq!((distance(from, to), distance(to, from)), (expected, expected), "{from} {to}");
        }
    }

    #[test]
    fn only_what_is_near_is_proposed() {
        let known = || ["ready", "deploying", "busy"].into_iter();
        assert_eq!(hint("redy", known()), "; did you mean ready?");
        assert_eq!(hint("DEPLOYIN", known()), "; did you mean deploying?");
        assert_eq!(hint("paused", known()), "");
        assert_eq!(hint("x", std::iter::empty()), "");
        let long = "x".repeat(LONGEST);
        assert_eq!(hint(&long, [long.as_str()].into_iter()), format!("; did you mean {long}?"));
        assert_eq!(hint(&format!("{long}x"), [long.as_str()].into_iter()), "");
    }
}
