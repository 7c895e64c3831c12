//! The table of the service's actions: how each is sent, and whether it changes something. It is generated from
//! data/actions.tsv.

use std::cmp::Ordering;

/// One line for each action, sorted by name: the name, its flags, and its parameters, separated by spaces.
///
/// The flags are the method (`P`OST, `G`ET), the effect (`R`eads, `W`rites), and `S` if the action is serial. A
/// parameter goes into the form, or into the query if `?` precedes it. `{}` follows it if its value is JSON text, `[]`
/// if it is a list. The table leaves out parameters that go into the query unchanged, because unknown parameters do so
/// too.
const TABLE: &str = include_str!("table.txt");

/// Returns what is known of the action `name`; `None` if the table doesn't have it.
pub(crate) fn action(name: &str) -> Option<Action> {
    let (mut low, mut high) = (0, TABLE.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = TABLE[..middle].rfind('\n').map_or(0, |end| end + 1);
        let line = TABLE[start..].lines().next()?;
        let (found, facts) = line.split_once(' ')?;
        match found.cmp(name) {
            Ordering::Less => low = start + line.len() + 1,
            Ordering::Greater => high = start,
            Ordering::Equal => return Some(Action::new(facts)),
        }
    }
    None
}

/// An action of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action {
    /// The method that it is sent with.
    pub(crate) method: &'static str,
    /// Whether it changes something.
    pub(crate) effect: Effect,
    /// Whether the action waits at the client's write limit.
    pub(crate) serial: bool,
    /// The parameters, as in the table.
    parameters: &'static str,
}

/// Whether an action changes something. This decides whether a lost call is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The action changes nothing. A lost call is repeated.
    Reads,
    /// The action changes something. A lost call isn't repeated.
    Writes,
}

/// Where a parameter is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In the URL.
    Query,
    /// In the body.
    Form,
}

/// How a parameter's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Unchanged.
    Plain,
    /// An object or an array as JSON text.
    Json,
    /// An array as `Name.1`, `Name.2`, and an object as `Name.Key`, with nested ones likewise.
    List,
}

impl Action {
    /// Reads the part of a line after the action's name.
    fn new(facts: &'static str) -> Self {
        let (flags, parameters) = facts.split_once(' ').unwrap_or((facts, ""));
        Self {
            method: if flags.starts_with('G') { "GET" } else { "POST" },
            effect: if flags.contains('W') { Effect::Writes } else { Effect::Reads },
            serial: flags.ends_with('S'),
            parameters,
        }
    }

    /// Returns where the parameter `name` is sent and how its value is written.
    ///
    /// Returns `None` if the table doesn't have it. It then goes into the query, like the parameters of an unknown
    /// action. The table leaves out known parameters that go there unchanged.
    pub(crate) fn parameter(&self, name: &str) -> Option<(Place, Shape)> {
        let mut parameters = self.parameters.split_ascii_whitespace().map(placed);
        parameters.find_map(|(known, place, shape)| (known == name).then_some((place, shape)))
    }
}

/// Reads a parameter of the table: its name, its place, and its shape.
fn placed(parameter: &str) -> (&str, Place, Shape) {
    let (place, parameter) = match parameter.strip_prefix('?') {
        Some(rest) => (Place::Query, rest),
        None => (Place::Form, parameter),
    };
    if let Some(name) = parameter.strip_suffix("{}") {
        (name, place, Shape::Json)
    } else if let Some(name) = parameter.strip_suffix("[]") {
        (name, place, Shape::List)
    } else {
        (parameter, place, Shape::Plain)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::RESERVED;
    use super::*;

    const LIST: &str = include_str!("../../../data/actions.tsv");

    const LARGEST: usize = 24 * 1024;

    /// Returns the lines of the list, split into columns.
    fn listed() -> Vec<[&'static str; 6]> {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap()).collect()
    }

    /// Returns the parameters of a column, with their types.
    fn parameters(column: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
        let listed = column.split(',').filter(|parameter| *parameter != "-");
        listed.map(|parameter| {
            let parameter = parameter.trim_end_matches('*');
            parameter.split_once(':').unwrap_or((parameter, "text"))
        })
    }

    fn shape(of_type: &str) -> Shape {
        match of_type {
            "json" => Shape::Json,
            "list" | "any" => Shape::List,
            _ => Shape::Plain,
        }
    }

    #[test]
    fn every_action_of_the_list_is_found() {
        for [name, methods, effect, serial, query, form] in listed() {
            let action = action(name).unwrap_or_else(|| panic!("{name} isn't found"));
            assert_eq!(Some(action.method), methods.split('|').next(), "{name}");
            assert_eq!(action.effect, if effect == "reads" { Effect::Reads } else { Effect::Writes }, "{name}");
            assert_eq!(action.serial, serial == "serial", "{name}");
            for (parameter, of_type) in parameters(query) {
                let known = action.parameter(parameter).unwrap_or((Place::Query, Shape::Plain));
                assert_eq!(known, (Place::Query, shape(of_type)), "{name}: {parameter}");
            }
            for (parameter, of_type) in parameters(form) {
                assert_eq!(action.parameter(parameter), Some((Place::Form, shape(of_type))), "{name}: {parameter}");
            }
        }
    }

    #[test]
    fn the_table_has_the_actions_of_the_list_alone() {
        let names: Vec<_> = TABLE.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(names, listed().iter().map(|[name, ..]| *name).collect::<Vec<_>>());
        assert!(names.len() > 480);
    }

    #[test]
    fn what_is_not_in_the_table_is_not_found() {
        for name in
            ["", " ", "\n", "A", "CreateRoutin", "CreateRoutines", "createroutine", "CreateRoutine PWS", "Zebra", "Ä"]
        {
            assert!(action(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn a_parameter_is_found_by_its_whole_name() {
        let tags = action("ListTagResources").unwrap();
        assert_eq!(tags.parameter("ResourceId"), Some((Place::Query, Shape::List)));
        let deployment = action("CreateRoutineCodeDeployment").unwrap();
        assert_eq!(deployment.parameter("CodeVersions"), Some((Place::Form, Shape::Json)));
        for name in ["", "Code", "CodeVersion", "CodeVersions{", "CodeVersions{}", "Env Name", "name", "SiteId"] {
            assert_eq!(deployment.parameter(name), None, "{name:?}");
        }
        assert_eq!(action("GetErService").unwrap().parameter(""), None);
    }

    #[test]
    fn names_do_not_decide_the_effect() {
        let effect = |name| action(name).unwrap().effect;
        assert_eq!((action("DeleteKv").unwrap().method, effect("DeleteKv")), ("GET", Effect::Writes));
        assert_eq!(effect("GetRoutineStagingCodeUploadInfo"), Effect::Writes);
        assert_eq!(effect("ExportRecords"), Effect::Reads);
    }

    #[test]
    fn only_what_its_name_says_reads_counts_as_one_that_reads() {
        for [name, _, effect, ..] in listed() {
            let says_reads =
                ["BatchGet", "Check", "Describe", "Export", "Get", "List"].iter().any(|verb| name.starts_with(verb));
            assert!(effect == "writes" || says_reads, "{name}");
        }
    }

    #[test]
    fn only_changes_of_routines_are_serial() {
        for [name, _, effect, serial, ..] in listed() {
            assert!(serial == "-" || (effect == "writes" && name.contains("Routine")), "{name}");
        }
        for name in ["CreateRoutineRelatedRecord", "DeleteRoutineRelatedRecord", "CreateRoutine", "DeleteRoutine"] {
            assert!(action(name).unwrap().serial, "{name}");
        }
    }

    #[test]
    fn no_parameter_is_named_as_the_request_s_own() {
        for [action, _, _, _, query, form] in listed() {
            for (name, _) in parameters(query).chain(parameters(form)) {
                assert!(name != "Format" && !RESERVED.contains(&name), "{action}: {name}");
            }
        }
    }

    #[test]
    fn the_table_is_small() {
        assert!(TABLE.len() <= LARGEST, "{} bytes", TABLE.len());
        assert!(TABLE.is_ascii());
    }
}
