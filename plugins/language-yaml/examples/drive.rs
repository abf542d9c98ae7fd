//! Measures what a call of `drive` costs: a job of 50 tasks, one after the other.
//!
//! Run it with `cargo run --release -p language-yaml --example drive`.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::time::Instant;

use language_yaml::{compile, drive};
use wit_envelope::language::{Command, CompileRequest, RunEvent, RunFacts, RunInput};
use wit_envelope::machine::Status;

const STEPS: usize = 50;
const ROUNDS: usize = 200;

fn main() {
    let step = |no: usize| {
        format!(
            "  - {{task: t{no}, timeout: 1m, config: {{platform: linux, inputs: [], run: {{path: sh, args: [-c, 'echo {no}']}}, params: {{A: b}}}}}}\n"
        )
    };
    let source = format!("jobs:\n- name: j\n  plan:\n{}", (0..STEPS).map(step).collect::<String>());
    let request = CompileRequest { source, ..CompileRequest::default() };
    let began = Instant::now();
    let Some(plan) = compile(&request).plan else { return };
    println!("compile: {:?}, program of {} bytes", began.elapsed(), plan.program.len());

    let mut times = Vec::new();
    let mut state_bytes = 0;
    for _ in 0..ROUNDS {
        let mut state = Vec::new();
        let mut event = RunEvent::Started { run: RunFacts::default(), input: RunInput::default() };
        loop {
            let began = Instant::now();
            let Ok((next, commands)) = drive(&plan.program, &state, &[event]) else { return };
            times.push(began.elapsed());
            state = next;
            state_bytes = state_bytes.max(state.len());
            let started = commands.into_iter().find_map(|command| match command {
                Command::Start { path, .. } => Some(path),
                _ => None,
            });
            let Some(path) = started else { break };
            let (status, output) = (Status::Succeeded, serde_json::json!({ "code": 0 }));
            event = RunEvent::StepEnded { path, status, message: None, output };
        }
    }
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!(
        "drive: {} calls, p50 {:?}, p99 {:?}, state of at most {state_bytes} bytes",
        times.len(),
        at(50),
        at(99)
    );
}
