//! `process`: programs that the plugin wants started. Nothing is started here: what is asked for
//! is checked and collected, and performed once the answer of the call is stored.

use kernel_ports::plugin::{CommandRequest, Effect};
use kernel_ports::process::Signal;
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::process::{Host, HostCommand};
use crate::bindings::types::Error;
use crate::call::{CallState, error};
use crate::fault::Stop;
use crate::limits::Held;

/// Arguments and environment together: Linux takes about 2 MiB.
const TEXT_BYTES: usize = 1024 * 1024;
const STDIN_BYTES: usize = 4 * 1024 * 1024;
const CAPTURE_BYTES: usize = 1024 * 1024;
const MOUNTS: usize = 256;
const HANDLE_BYTES: usize = 128;

/// A program that is being described.
#[derive(Debug, Default)]
pub struct Command {
    request: CommandRequest,
    text_bytes: usize,
}

impl Command {
    /// Counts what is added, and ends the call when it is too much.
    fn add(&mut self, bytes: usize, held: &mut Held) -> Result<()> {
        // Empty strings take room too.
        let bytes = bytes.saturating_add(8);
        held.take(bytes)?;
        self.text_bytes = self.text_bytes.saturating_add(bytes);
        if self.text_bytes > TEXT_BYTES {
            let message = format!("a command has more than {TEXT_BYTES} bytes of arguments");
            return Err(Stop::limit(message).into());
        }
        Ok(())
    }
}

impl Host for CallState {
    fn signal(&mut self, handle: String, name: String) -> Result<Result<(), Error>> {
        if Signal::parse(&name).is_none() {
            let message = format!(
                "there is no signal {name:?}; known are TERM, INT, HUP, QUIT, USR1, USR2 and KILL"
            );
            return Ok(Err(error("invalid", message)));
        }
        if let Err(err) = check_handle(&handle) {
            return Ok(Err(err));
        }
        Ok(self.effect(Effect::ProcessSignal { handle, signal: name }))
    }
}

impl HostCommand for CallState {
    fn new(&mut self, program: String) -> Result<Resource<Command>> {
        let mut command = Command::default();
        command.add(program.len(), &mut self.held)?;
        command.request.program = program;
        "all".clone_into(&mut command.request.log);
        Ok(self.table.push(command)?)
    }

    fn arg(&mut self, command: Resource<Command>, value: String) -> Result<()> {
        let command = self.table.get_mut(&command)?;
        command.add(value.len(), &mut self.held)?;
        command.request.args.push(value);
        Ok(())
    }

    fn env(&mut self, command: Resource<Command>, name: String, value: String) -> Result<()> {
        let command = self.table.get_mut(&command)?;
        command.add(name.len() + value.len(), &mut self.held)?;
        command.request.env.insert(name, value);
        Ok(())
    }

    fn stdin(&mut self, command: Resource<Command>, bytes: Vec<u8>) -> Result<()> {
        if bytes.len() > STDIN_BYTES {
            let message = format!("a command has more than {STDIN_BYTES} bytes of input");
            return Err(Stop::limit(message).into());
        }
        self.held.take(bytes.len())?;
        let command = self.table.get_mut(&command)?;
        let before = std::mem::replace(&mut command.request.stdin, bytes);
        self.held.give_back(before.len());
        Ok(())
    }

    fn mount(
        &mut self,
        command: Resource<Command>,
        name: String,
        path: String,
    ) -> Result<Result<(), Error>> {
        let command = self.table.get_mut(&command)?;
        if command.request.mounts.len() >= MOUNTS {
            return Ok(Err(error("limit", format!("a command has more than {MOUNTS} mounts"))));
        }
        command.add(name.len() + path.len(), &mut self.held)?;
        command.request.mounts.push((name, path));
        Ok(Ok(()))
    }

    fn directory(&mut self, command: Resource<Command>, path: String) -> Result<Result<(), Error>> {
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            let message = format!("the directory {path:?} must be relative, without \"..\"");
            return Ok(Err(error("invalid", message)));
        }
        let command = self.table.get_mut(&command)?;
        command.add(path.len(), &mut self.held)?;
        command.request.dir = Some(path);
        Ok(Ok(()))
    }

    fn option(
        &mut self,
        command: Resource<Command>,
        key: String,
        value: String,
    ) -> Result<Result<(), Error>> {
        let command = self.table.get_mut(&command)?;
        command.add(key.len() + value.len(), &mut self.held)?;
        Ok(set_option(&mut command.request, &key, value))
    }

    fn start(&mut self, command: Resource<Command>, handle: String) -> Result<Result<(), Error>> {
        let Command { request, text_bytes } = self.table.get(&command)?;
        let bytes = text_bytes + request.stdin.len();
        let program = request.program.clone();
        if let Err(err) = check(request, &handle) {
            return Ok(Err(err));
        }
        // A search path of the guest's own would make any file of a volume a granted program.
        let searches = !program.contains('/')
            && request.env.get("PATH").is_some_and(|path| !is_system_path(path));
        // Nor may the loader bring code of a volume into a granted program.
        let loads = request.env.keys().any(|name| is_of_loader(name));
        let grants = &self.plugin.grants;
        let is_open = searches || loads;
        if !grants.allows_program(&program) || (is_open && !grants.allows_all_programs()) {
            let wish = if grants.allows_program(&program) { "*" } else { &program };
            return Ok(Err(self.deny("process", Some(wish))));
        }
        let is_taken = self
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::ProcessStart(other) if other.handle == handle));
        if is_taken {
            let message =
                format!("the process {handle:?} was started already; choose another name");
            return Ok(Err(error("conflict", message)));
        }
        self.held.take(bytes)?;
        let request = &self.table.get(&command)?.request;
        let mut request = Box::new(request.clone());
        request.handle = handle;
        Ok(self.effect(Effect::ProcessStart(request)))
    }

    fn drop(&mut self, command: Resource<Command>) -> Result<()> {
        let Command { request, text_bytes } = self.table.delete(command)?;
        self.held.give_back(text_bytes + request.stdin.len());
        Ok(())
    }
}

/// Returns whether a variable makes the dynamic loader take code from where it says.
/// <https://man7.org/linux/man-pages/man8/ld.so.8.html>
fn is_of_loader(name: &str) -> bool {
    name.starts_with("LD_") || matches!(name, "GLIBC_TUNABLES" | "GCONV_PATH")
}

/// Returns whether a search path names nothing but directories that only the machine's owner
/// writes to.
fn is_system_path(path: &str) -> bool {
    const SYSTEM: [&str; 6] =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    path.split(':').all(|dir| SYSTEM.contains(&dir))
}

impl CallState {
    fn effect(&mut self, effect: Effect) -> Result<(), Error> {
        let limit = self.services.limits.effects;
        if self.effects.len() >= limit {
            return Err(error("limit", format!("one call can ask for at most {limit} effects")));
        }
        self.effects.push(effect);
        Ok(())
    }
}

fn check(request: &CommandRequest, handle: &str) -> Result<(), Error> {
    let invalid = |message: String| Err(error("invalid", message));
    if request.program.is_empty() {
        return invalid("the program has no name".to_owned());
    }
    let texts = [&request.program].into_iter().chain(&request.args).chain(request.env.values());
    if texts.chain(request.env.keys()).any(|text| text.contains('\0')) {
        return invalid(format!("a text of {:?} has a zero byte in it", request.program));
    }
    if let Some(name) = request.env.keys().find(|name| name.is_empty() || name.contains('=')) {
        return invalid(format!("{name:?} cannot be the name of a variable"));
    }
    check_handle(handle)
}

fn check_handle(handle: &str) -> Result<(), Error> {
    if handle.is_empty() || handle.len() > HANDLE_BYTES {
        let message = format!("the name of a process has 1 to {HANDLE_BYTES} bytes");
        return Err(error("invalid", message));
    }
    Ok(())
}

fn set_option(request: &mut CommandRequest, key: &str, value: String) -> Result<(), Error> {
    let expected = |what: &str| error("invalid", format!("{key} is {value:?}; expected {what}"));
    let capture = || {
        let bytes = value.parse().ok().filter(|bytes| *bytes <= CAPTURE_BYTES);
        bytes.ok_or_else(|| expected("a number of bytes, 1048576 at most"))
    };
    match key {
        "user" if !value.is_empty() => request.user = Some(value),
        "user" => return Err(expected("a name or a number")),
        "nice" => {
            let nice = value.parse().ok().filter(|nice| (-20..=19).contains(nice));
            request.nice = Some(nice.ok_or_else(|| expected("a number from -20 to 19"))?);
        }
        "capture-stdout" => request.capture_stdout = capture()?,
        "capture-stderr" => request.capture_stderr = capture()?,
        "log" if matches!(value.as_str(), "all" | "stderr" | "none") => request.log = value,
        "log" => return Err(expected("all, stderr or none")),
        "rlimit-nofile" | "rlimit-as" | "rlimit-cpu" | "rlimit-fsize" | "rlimit-core"
        | "rlimit-nproc" => {
            let limit = value.parse().map_err(|_| expected("a number"))?;
            let name = key.trim_start_matches("rlimit-");
            request.rlimits.insert(name.to_owned(), limit);
        }
        _ => return Err(error("unsupported", format!("there is no option {key:?} of a command"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kernel_ports::plugin::CommandRequest;

    use super::set_option;

    #[test]
    fn options_are_checked_by_key() {
        for (key, value, code) in [
            ("user", "nobody", None),
            ("user", "", Some("invalid")),
            ("nice", "-20", None),
            ("nice", "20", Some("invalid")),
            ("capture-stdout", "1048576", None),
            ("capture-stderr", "1048577", Some("invalid")),
            ("log", "stderr", None),
            ("log", "loud", Some("invalid")),
            ("rlimit-nofile", "64", None),
            ("rlimit-nofile", "-1", Some("invalid")),
            ("rlimit-magic", "1", Some("unsupported")),
            ("shell", "1", Some("unsupported")),
        ] {
            let mut request = CommandRequest::default();
            let found = set_option(&mut request, key, value.into()).err().map(|err| err.code);
            assert_eq!(found.as_deref(), code, "{key}={value}");
        }
    }
}
