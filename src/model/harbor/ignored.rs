//! Webhooks that are valid and of which nobody is notified, and why.

/// Why nobody is notified of a valid webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// Harbor 2.0's "Test endpoint" button.
    Empty,
    EventType,
    /// Pending, Running, Stopped: the replication has not ended.
    JobStatus,
    /// Children of a multi-arch image and signatures: said again with their tag.
    DigestOnly,
}

impl Ignored {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::EventType => "event_type",
            Self::JobStatus => "job_status",
            Self::DigestOnly => "digest_only",
        }
    }

    /// What it means, for people.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Empty => "it has no body, as the test of an old Harbor",
            Self::EventType => "it is no event of a replication",
            Self::JobStatus => "the replication has not ended; Harbor sends another webhook when it has",
            Self::DigestOnly => {
                "it names no tag, as for a part of a multi-arch image or a signature, and the image itself comes with \
                 its tag; NOTIFY_DIGEST_ONLY=true notifies of these, too"
            }
        }
    }
}
