//! What a command needs of the configuration beyond values that are right: robots and, to serve, that nobody is let in by
//! mistake. It is named together with all else that is wrong.

use std::net::SocketAddr;

use super::Fault;
use super::faults::EnvironmentReader;
use crate::model::robot::Robot;

/// What a command needs; each has all before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    Nothing,
    Robots,
    Serving,
}

impl EnvironmentReader<'_> {
    /// Adds what is missing. What is there and wrong is a fault already, and is not said to be missing, too.
    pub(super) fn require(&mut self, need: Need, robots: &[Robot], listen_addr: SocketAddr, allow_anonymous: bool) {
        let robots_are_wrong = ["WECOM_WEBHOOK_URL", "ROUTES_FILE"].iter().any(|key| self.is_wrong(key));
        if need >= Need::Robots && robots.is_empty() && !robots_are_wrong {
            let problem = "is not set; copy the robot's webhook URL from the WeCom group (群机器人), or name robots in ROUTES_FILE";
            self.faults.push(Fault { key: "WECOM_WEBHOOK_URL".into(), problem: problem.into() });
        }
        let is_guarded =
            ["HARBOR_AUTH_HEADER", "ADMIN_TOKEN"].iter().all(|key| self.given(key).is_some() || self.is_wrong(key));
        if need >= Need::Serving && !listen_addr.ip().is_loopback() && !is_guarded && !allow_anonymous {
            self.faults.push(Fault {
                key: "LISTEN_ADDR".into(),
                problem: format!(
                    "{listen_addr} can be reached from other machines; set HARBOR_AUTH_HEADER and ADMIN_TOKEN, or ALLOW_ANONYMOUS=true if anybody may send webhooks and replay"
                ),
            });
        }
    }

    /// Whether a fault is about this key, or about the file that was to have its value.
    fn is_wrong(&self, key: &str) -> bool {
        self.faults.iter().any(|fault| fault.key.contains(key))
    }
}
