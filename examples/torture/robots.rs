//! The robots of the run, and who is told what: as the service's ROUTES_FILE has it.

use std::time::Duration;

pub struct Robot {
    pub name: &'static str,
    pub key: &'static str,
    pub is_text: bool,
    pub per_minute: u64,
}

/// Everything; text about one registry; failures alone; and everything, to a robot that is broken all the time.
pub const ROBOTS: [Robot; 4] = [
    Robot { name: "all", key: "a1c5e9d2-7b3f-4c68-9e01-5f2d8a6b4c70", is_text: false, per_minute: 600 },
    Robot { name: "text", key: "b7d2f4a8-1e5c-49b6-8a3d-0c9e7f6152d4", is_text: true, per_minute: 120 },
    Robot { name: "failures", key: "c3e8a1b5-6f9d-4027-b4c6-d18e5a7f9032", is_text: false, per_minute: 40 },
    Robot { name: "broken", key: "d9f1b6c4-2a8e-4d73-85f0-e7c3a9b15d68", is_text: false, per_minute: 600 },
];
/// Its WeCom never heals.
pub const BROKEN: usize = 3;

/// The last is where a pull comes from.
pub const DESTINATIONS: [(&str, &str); 3] =
    [("aliyun-acr", "阿里仓"), ("huawei-swr", "华为仓"), ("docker-hub", "官方仓")];
pub const PULL: usize = 2;

const ROUTES: &str = r#"
[[routes]]
robots = ["all", "broken"]

[[routes]]
robots = "text"
registry = "huawei-swr"

[[routes]]
robots = "failures"
outcome = "failed"
mention = "zhangsan"
"#;

/// How the route of failures calls somebody.
pub const CALL: &str = "<@zhangsan>";

impl Robot {
    pub fn takes(&self, destination: usize, is_failure: bool) -> bool {
        match self.name {
            "text" => DESTINATIONS[destination].0 == "huawei-swr",
            "failures" => is_failure,
            _ => true,
        }
    }

    /// Whether its messages call somebody.
    pub fn calls(&self) -> bool {
        self.name == "failures"
    }

    pub fn gap(&self) -> Duration {
        Duration::from_millis(60_000_u64.div_ceil(self.per_minute))
    }

    /// The most bytes that WeCom takes.
    pub fn longest(&self) -> usize {
        if self.is_text { 2_048 } else { 4_096 }
    }
}

/// The ROUTES_FILE. The URLs are in the environment.
pub fn routes() -> String {
    let robot = |robot: &Robot| {
        let Robot { name, is_text, per_minute, .. } = robot;
        let format = if *is_text { "text" } else { "markdown" };
        format!("[robots.{name}]\nurl = \"${{URL_{name}}}\"\nrate_per_minute = {per_minute}\nformat = \"{format}\"\n")
    };
    ROBOTS.iter().map(robot).chain([ROUTES.to_owned()]).collect()
}
