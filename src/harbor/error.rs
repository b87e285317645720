//! Why Harbor did not answer as it should, in words that a person can act upon. No text of it has a secret.

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("cannot reach Harbor: {0}; check HARBOR_URL, and HARBOR_CA_FILE for a private CA")]
    Unreachable(String),
    #[error("Harbor did not answer within 10 s")]
    Timeout,
    #[error("Harbor refuses the account (401); check HARBOR_USERNAME and HARBOR_PASSWORD")]
    Unauthorized,
    #[error("Harbor refuses it (403): the account lacks the permission {permission}; add it to the robot account")]
    Forbidden { permission: &'static str },
    #[error("Harbor has no such thing (404)")]
    NotFound,
    #[error("Harbor's answer is longer than 4 MiB")]
    TooLong,
    #[error("Harbor answers {status}: {excerpt}")]
    Status { status: u16, excerpt: String },
    #[error("Harbor's answer is not understood: {0}; is HARBOR_URL Harbor's own address?")]
    Unreadable(String),
    #[error("Harbor redirects to another address, which is not followed; set HARBOR_URL to where it leads")]
    Redirected,
}

impl Error {
    /// Whether another question may still be answered.
    pub const fn is_of_one_answer(&self) -> bool {
        matches!(self, Self::Timeout | Self::TooLong | Self::Status { .. } | Self::Unreadable(_) | Self::NotFound)
    }
}
