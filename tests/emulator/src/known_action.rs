//! The actions that ESA has, whether the emulator models them or not.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::operation::REGION;
use crate::request::Parameters;
use crate::service_error::ServiceError;
use crate::spelling;

/// Its columns are explained at its beginning.
const TABLE: &str = include_str!("../../../data/actions.tsv");

static ACTIONS: LazyLock<BTreeMap<&str, KnownAction>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(KnownAction::parse).collect()
});

#[derive(Debug)]
pub(crate) struct KnownAction {
    required: Vec<&'static str>,
    takes_site: bool,
}

pub(crate) fn find(name: &str) -> Option<&'static KnownAction> {
    ACTIONS.get(name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ACTIONS.keys().copied()
}

/// The action that was probably meant by a name that none has.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    spelling::nearest(name, names())
}

impl KnownAction {
    fn parse(line: &'static str) -> Option<(&'static str, Self)> {
        let columns: Vec<_> = line.split('\t').collect();
        let [name, _methods, _effect, _serial, query, form] = columns[..] else { return None };
        let parameters = [query, form].into_iter().filter(|list| *list != "-").flat_map(|list| list.split(','));
        let (mut required, mut takes_site) = (Vec::new(), false);
        for parameter in parameters {
            let is_required = parameter.ends_with('*');
            let name = parameter.trim_end_matches('*').split(':').next().unwrap_or_default();
            takes_site |= name == "SiteId";
            if is_required {
                required.push(name);
            }
        }
        Some((name, Self { required, takes_site }))
    }

    /// Refuses if a required parameter is missing or empty. A list is there as `Name.1` and so on.
    pub(crate) fn require(&self, parameters: &Parameters) -> Result<(), ServiceError> {
        let is_there = |wanted: &str| {
            parameters.iter().any(|(name, value)| {
                let rest = name.strip_prefix(wanted);
                !value.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match self.required.iter().find(|name| !is_there(name)) {
            Some(name) => Err(ServiceError::missing(name)),
            None => Ok(()),
        }
    }

    /// What RAM is asked about: the site that `SiteId` names, else everything.
    pub(crate) fn resource(&self, account_id: &str, parameters: &Parameters) -> String {
        match parameters.get("SiteId").filter(|site_id| self.takes_site && !site_id.is_empty()) {
            Some(site_id) => format!("acs:esa:{REGION}:{account_id}:site/{site_id}"),
            None => "*".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation;

    fn with(pairs: &[(&str, &str)]) -> Parameters {
        let mut parameters = Parameters::default();
        pairs.iter().for_each(|(name, value)| parameters.push(name, value));
        parameters
    }

    #[test]
    fn every_line_of_the_table_is_an_action() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(ACTIONS.len(), lines);
        assert!(lines > 400);
    }

    #[test]
    fn the_table_has_all_that_the_emulator_models() {
        for operation in operation::OPERATIONS {
            assert!(find(operation.action).is_some(), "{}", operation.action);
        }
    }

    #[test]
    fn what_is_required_may_lie_in_query_or_form_and_be_a_list() {
        let missing = |action: &str, pairs: &[(&str, &str)]| {
            find(action).unwrap().require(&with(pairs)).err().map(|problem| problem.code)
        };
        let delete = [("SiteId", "1"), ("Name", "r"), ("RecordId", "2"), ("RecordName", "a.b")];
        assert_eq!(missing("DeleteRoutineRelatedRecord", &delete), None);
        for left_out in 0..delete.len() {
            let rest: Vec<_> = delete.into_iter().filter(|pair| *pair != delete[left_out]).collect();
            let expected = format!("Missing{}", delete[left_out].0);
            assert_eq!(missing("DeleteRoutineRelatedRecord", &rest), Some(expected));
        }
        let tags = [("RegionId", "r"), ("ResourceType", "site"), ("ResourceId.1", "1"), ("Tag.1.Key", "k")];
        assert_eq!(missing("TagResources", &tags), None);
        assert_eq!(missing("TagResources", &tags[..3]).as_deref(), Some("MissingTag"));
        assert_eq!(missing("GetErService", &[]), None);
    }

    #[test]
    fn ram_judges_the_site_where_one_is_named() {
        let resource = |action: &str, pairs: &[(&str, &str)]| find(action).unwrap().resource("7", &with(pairs));
        assert_eq!(resource("GetSite", &[("SiteId", "5")]), "acs:esa:cn-hangzhou:7:site/5");
        assert_eq!(resource("DeleteSite", &[]), "*");
        assert_eq!(resource("ListSites", &[("SiteId", "5")]), "*");
    }
}
