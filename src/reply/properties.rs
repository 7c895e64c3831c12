//! Properties of every reply.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::json;

use super::{error_body, read, retry_hint};
use crate::error::Outcome;
use crate::http::Reply;
use crate::operation::{CreateRoutineRelatedRecordRequest, Operation, Receipt};

type CreateReply = <CreateRoutineRelatedRecordRequest<'static> as Operation>::Reply;

/// Returns the id in a reply to a create, whose text is `id`. `None` if the reply is refused.
fn record_id(id: &str) -> Option<Option<i64>> {
    let reply = Reply::new(200, &[], format!(r#"{{"Status":"OK","RecordId":{id}}}"#));
    let (reply, request_id) = read::<CreateReply>(&reply).ok()?;
    let request = CreateRoutineRelatedRecordRequest::new(1, "a", "b");
    let created = request.output(reply, Receipt { attempt: 1, http_status: 200, request_id }).ok()?;
    Some(created.record_id)
}

fn hint(headers: &[(&'static str, &str)]) -> Option<Duration> {
    retry_hint::read(&Reply::new(429, headers, ""), SystemTime::UNIX_EPOCH)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn ids_are_read_to_the_last_digit_as_a_number_and_as_a_string(id in 1..=i64::MAX) {
        prop_assert_eq!(record_id(&id.to_string()), Some(Some(id)));
        prop_assert_eq!(record_id(&format!("\"{id}\"")), Some(Some(id)));
    }

    #[test]
    fn numbers_that_are_no_ids_are_refused(below in i64::MIN..=0, above in (1u64 << 63).., fraction in any::<f64>()) {
        for number in [below.to_string(), above.to_string(), json!(fraction).to_string() + "e0"] {
            prop_assert_eq!(record_id(&number), None, "{}", number);
            prop_assert_eq!(record_id(&format!("\"{number}\"")), None, "{}", number);
        }
    }

    #[test]
    fn a_reply_of_any_bytes_is_judged(status in 100u16..600, body in any::<Vec<u8>>()) {
        let read = read::<CreateReply>(&Reply::new(status, &[("x-acs-request-id", "R")], body));

        let Err(error) = read else { return Err(TestCaseError::fail("random bytes are no success")) };
        prop_assert_eq!((error.http_status(), error.request_id()), (Some(status), "R"));
        prop_assert_ne!(error.outcome(), Outcome::NotSent);
        prop_assert!(status / 100 != 2 || error.outcome() == Outcome::Unknown);
    }

    #[test]
    fn an_error_body_is_read_in_either_case_with_any_text(
        code in "[!-~]{1,20}", message in any::<String>(), id in any::<String>()
    ) {
        for body in [
            json!({"Code": code, "Message": message, "RequestId": id}),
            json!({"code": code, "message": message, "requestId": id}),
        ] {
            let fields = error_body::parse(body.to_string().as_bytes()).unwrap();
            prop_assert_eq!((&fields.code, &fields.message, &fields.request_id), (&code, &message, &id));
        }
    }

    #[test]
    fn a_hint_is_read_in_full_whatever_its_size(number in any::<u64>()) {
        let text = number.to_string();

        prop_assert_eq!(hint(&[("x-acs-retry-after", &text)]), Some(Duration::from_millis(number)));
        prop_assert_eq!(hint(&[("retry-after", &text)]), Some(Duration::from_secs(number)));
        let limit = format!("Limit:1,TimeLeft:{number},Reset:9");
        prop_assert_eq!(hint(&[("x-ratelimit-user", &limit)]), Some(Duration::from_millis(number)));
    }

    #[test]
    fn the_longest_hint_counts_beside_any_text(text in "[ -~]{0,40}", milliseconds in any::<u32>()) {
        let number = milliseconds.to_string();
        let wait = hint(&[("x-acs-retry-after", &number), ("retry-after", &text), ("x-ratelimit-user-api", &text)]);

        prop_assert!(wait >= Some(Duration::from_millis(milliseconds.into())));
        hint(&[("x-acs-retry-after", &text), ("retry-after", &text), ("x-ratelimit-user", &text)]);
    }
}
