//! What a robot's last error means to an operator, and what can be done about it. WeCom's own words stay beside it.

use crate::model::outcome::{errcode_of, http_status_of};

/// The page's word for it; None where nothing is known of such an error.
pub fn advice(last_error: &str) -> Option<&'static str> {
    let word = match (errcode_of(last_error), http_status_of(last_error)) {
        (Some(93000), _) | (_, Some(401 | 403 | 404 | 405 | 410)) => "advice_url",
        (Some(93004), _) => "advice_disabled",
        (Some(93008), _) => "advice_removed",
        (Some(45009), _) | (_, Some(429)) => "advice_too_fast",
        (Some(-1 | 6000 | 45033 | 81026), _) => "advice_wecom",
        (Some(_), _) => return None,
        (None, Some(_)) => "advice_on_the_way",
        (None, None) if last_error.starts_with("cannot connect to WeCom") => "advice_unreachable",
        (None, None) if last_error.contains("answer") => "advice_no_answer",
        (None, None) => return None,
    };
    Some(word)
}
