//! A running program.

use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use kernel_ports::log::{LogSink, LogStream};
use kernel_ports::process::{Process, ProcessExit, ProcessLog, ProcessSpec, Signal, StartError};
use nix::sys::signal::Signal as Number;
use nix::unistd::{Pid, getpgid};
use rustix::process::{PidfdFlags, pidfd_open};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::output::{Captured, Output};
use crate::procfs::{self, Marked};
use crate::{leaders, output, tree};

/// A program that was started, and those that it has started.
pub(crate) struct Running {
    marker: String,
    /// `None` from when the leader is reaped: then its number may be anyone's.
    leader: Mutex<Option<i32>>,
    exit: watch::Receiver<Option<Arc<ProcessExit>>>,
}

/// What has to be done until the end.
struct Watch {
    child: Child,
    handle: AsyncFd<OwnedFd>,
    started: Instant,
    tree_ended: watch::Sender<bool>,
    stdin: Option<JoinHandle<()>>,
    stdout: JoinHandle<Captured>,
    stderr: JoinHandle<Captured>,
}

impl Running {
    /// Watches over a child that was just started.
    pub(crate) fn watch(
        mut child: Child,
        spec: ProcessSpec,
        log: &Arc<dyn LogSink>,
    ) -> Result<Arc<Self>, StartError> {
        let started = Instant::now();
        let number = leaders::number(&child);
        let pipes = match Pipes::take(&mut child) {
            Ok(pipes) => pipes,
            Err(err) => {
                tree::kill_group(number, Number::SIGKILL);
                let _ = child.wait();
                leaders::forget(number);
                return Err(StartError::Io { program: spec.program, err });
            }
        };
        let (tree_ended, ended) = watch::channel(false);
        let carry = |pipe: Option<Receiver>, output: Output| {
            tokio::spawn(async move {
                match pipe {
                    Some(pipe) => output.carry(pipe).await,
                    None => Captured::default(),
                }
            })
        };
        let stdout = Output {
            stream: LogStream::Stdout,
            log: (spec.log == ProcessLog::All).then(|| Arc::clone(log)),
            capture_max: spec.capture_stdout,
            tree_ended: ended.clone(),
        };
        let stderr = Output {
            stream: LogStream::Stderr,
            log: (spec.log != ProcessLog::None).then(|| Arc::clone(log)),
            capture_max: spec.capture_stderr,
            tree_ended: ended,
        };
        let bytes = spec.stdin;
        let watch = Watch {
            child,
            handle: pipes.handle,
            started,
            tree_ended,
            stdin: pipes.stdin.map(|pipe| tokio::spawn(feed(pipe, bytes))),
            stdout: carry(pipes.stdout, stdout),
            stderr: carry(pipes.stderr, stderr),
        };
        let (done, exit) = watch::channel(None);
        let running =
            Arc::new(Self { marker: spec.marker, leader: Mutex::new(Some(number)), exit });
        let watched = Arc::clone(&running);
        tokio::spawn(async move {
            let exit = watched.until_end(watch).await;
            done.send_replace(Some(Arc::new(exit)));
        });
        Ok(running)
    }

    async fn until_end(&self, mut watch: Watch) -> ProcessExit {
        let _ = watch.handle.readable().await;
        let elapsed = watch.started.elapsed();
        let number = leaders::number(&watch.child);
        let status = {
            let mut leader = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
            // While the leader is not reaped, the group's number is its own.
            tree::kill_group(number, Number::SIGKILL);
            let status = watch.child.wait();
            leaders::forget(number);
            *leader = None;
            status
        };
        tree::end(number, &self.marker).await;
        watch.tree_ended.send_replace(true);
        if let Some(stdin) = watch.stdin {
            stdin.abort();
        }
        let stdout = watch.stdout.await.unwrap_or_default();
        let stderr = watch.stderr.await.unwrap_or_default();
        let (code, signal) = match status {
            Ok(status) => (status.code(), signal_name(status)),
            Err(err) => {
                tracing::error!("bug: somebody took the exit status of a program away: {err}");
                (None, None)
            }
        };
        ProcessExit {
            code,
            signal,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            truncated: stdout.truncated || stderr.truncated,
            stdout: stdout.bytes,
            stderr: stderr.bytes,
        }
    }
}

#[async_trait]
impl Process for Running {
    fn signal(&self, signal: Signal) {
        let leader = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(number) = *leader else { return };
        let (group, single) = numbers(signal);
        // Those outside of the group first: a group that ends takes this permission away.
        for found in procfs::find(&Marked::Exactly(self.marker.clone())) {
            if getpgid(Some(Pid::from_raw(found.pid))) != Ok(Pid::from_raw(number)) {
                found.signal(single);
            }
        }
        tree::kill_group(number, group);
    }

    async fn wait(&self) -> ProcessExit {
        let mut exit = self.exit.clone();
        match exit.wait_for(Option::is_some).await {
            Ok(exit) => exit.as_deref().cloned().unwrap_or_default(),
            // The runtime is shutting down.
            Err(_) => ProcessExit::default(),
        }
    }
}

/// Our ends of a child's pipes, and the handle that becomes readable when it exits.
struct Pipes {
    handle: AsyncFd<OwnedFd>,
    stdin: Option<Sender>,
    stdout: Option<Receiver>,
    stderr: Option<Receiver>,
}

impl Pipes {
    fn take(child: &mut Child) -> std::io::Result<Self> {
        let pid = rustix::process::Pid::from_child(child);
        let handle = pidfd_open(pid, PidfdFlags::empty())?;
        let sender = |pipe: ChildStdin| Sender::from_owned_fd(pipe.into());
        #[expect(
            deprecated,
            reason = "unsound only for a type whose descriptor may change, which an `OwnedFd` \
                      never does; the replacement is unsafe to call"
        )]
        let handle = AsyncFd::with_interest(handle, Interest::READABLE)?;
        Ok(Self {
            handle,
            stdin: child.stdin.take().map(sender).transpose()?,
            stdout: child.stdout.take().map(|p| output::receiver(p.into())).transpose()?,
            stderr: child.stderr.take().map(|p| output::receiver(p.into())).transpose()?,
        })
    }
}

/// Writes the input, and closes it. A program need not read all of it.
async fn feed(mut pipe: Sender, bytes: Vec<u8>) {
    let _ = pipe.write_all(&bytes).await;
}

fn numbers(signal: Signal) -> (Number, rustix::process::Signal) {
    use rustix::process::Signal as Single;
    match signal {
        Signal::Term => (Number::SIGTERM, Single::TERM),
        Signal::Int => (Number::SIGINT, Single::INT),
        Signal::Hup => (Number::SIGHUP, Single::HUP),
        Signal::Quit => (Number::SIGQUIT, Single::QUIT),
        Signal::Usr1 => (Number::SIGUSR1, Single::USR1),
        Signal::Usr2 => (Number::SIGUSR2, Single::USR2),
        Signal::Kill => (Number::SIGKILL, Single::KILL),
    }
}

fn signal_name(status: ExitStatus) -> Option<String> {
    let number = status.signal()?;
    Some(match Number::try_from(number) {
        Ok(signal) => signal.as_str().trim_start_matches("SIG").to_owned(),
        // Real-time signals have no names.
        Err(_) => number.to_string(),
    })
}
