//! The codes of problems: what programs can rely on.

use axum::http::StatusCode;

macro_rules! codes {
    ($($name:ident = $word:literal, $status:ident, $title:literal;)*) => {
        /// What kind of problem it is. Append-only.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Code { $($name,)* }

        impl Code {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the stable word.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    ProjectUnknown = "project-unknown", NOT_FOUND, "There is no such project";
    ProjectExists = "project-exists", CONFLICT, "There is such a project already";
    ProjectBusy = "project-busy", CONFLICT, "The project has runs that have not ended";
    ProjectRefused = "project-refused", CONFLICT, "This cannot be done with the project";
    ProjectInvalid = "project-invalid", BAD_REQUEST, "This cannot be a project";
    ProjectRequired = "project-required", BAD_REQUEST, "It is not said which project";
    ProjectMismatch = "project-mismatch", FORBIDDEN, "This is the address of another project";
    PipelineUnknown = "pipeline-unknown", NOT_FOUND, "There is no such pipeline";
    VersionUnknown = "version-unknown", NOT_FOUND, "There is no such version";
    PipelinePaused = "pipeline-paused", CONFLICT, "The pipeline is paused";
    PipelineChanged = "pipeline-changed", PRECONDITION_FAILED, "Somebody else changed the pipeline";
    SourceInvalid = "source-invalid", UNPROCESSABLE_ENTITY, "The source has mistakes";
    RunUnknown = "run-unknown", NOT_FOUND, "There is no such run";
    RunEnded = "run-ended", CONFLICT, "The run has ended";
    RunOpen = "run-open", CONFLICT, "The run has not ended";
    StepUnknown = "step-unknown", NOT_FOUND, "There is no such step";
    StepEnded = "step-ended", CONFLICT, "The step has ended";
    AttemptUnknown = "attempt-unknown", NOT_FOUND, "There is no such attempt";
    ArtifactUnknown = "artifact-unknown", NOT_FOUND, "There is no such artifact";
    PluginUnknown = "plugin-unknown", NOT_FOUND, "There is no such plugin";
    JobUnknown = "job-unknown", UNPROCESSABLE_ENTITY, "The pipeline has no such job";
    LauncherDenied = "launcher-denied", FORBIDDEN, "The launcher is not allowed";
    FeatureOff = "feature-off", FORBIDDEN, "The feature is switched off";
    RateLimited = "rate-limited", TOO_MANY_REQUESTS, "Too many requests";
    SecretUnknown = "secret-unknown", NOT_FOUND, "There is no such secret";
    SecretInvalid = "secret-invalid", UNPROCESSABLE_ENTITY, "The secret cannot be kept";
    SecretsReadOnly = "secrets-read-only", CONFLICT, "The secrets cannot be changed here";
    SecretsDiffer = "secrets-differ", BAD_GATEWAY, "A backend changed a secret";
    SecretsSame = "secrets-same-backend", CONFLICT, "The backend is in use already";
    ArgumentSecret = "argument-secret", UNPROCESSABLE_ENTITY, "An argument refers to a secret";
    KeyRefused = "key-refused", CONFLICT, "The server key was not replaced";
    QueueFull = "queue-full", TOO_MANY_REQUESTS, "The queue is full";
    Draining = "draining", SERVICE_UNAVAILABLE, "The server is stopping";
    VolumesGone = "volumes-gone", GONE, "The files of the run are gone";
    IdempotencyKeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY,
        "The idempotency key was used for something else";

    PluginMissing = "plugin-missing", UNPROCESSABLE_ENTITY, "A plugin that is needed is not there";
    PluginRefused = "plugin-refused", UNPROCESSABLE_ENTITY, "A plugin refused";
    PluginUnavailable = "plugin-unavailable", SERVICE_UNAVAILABLE, "A plugin cannot do it now";
    PluginBroken = "plugin-broken", BAD_GATEWAY, "A plugin broke";
    PluginTimeout = "plugin-timeout", GATEWAY_TIMEOUT, "A plugin took too long";
    PluginLimit = "plugin-limit", UNPROCESSABLE_ENTITY, "A plugin reached its limit";
    PluginDenied = "plugin-denied", FORBIDDEN, "A plugin lacks a grant";
    PluginStopped = "plugin-stopped", CONFLICT, "The plugin does not serve";

    PluginRejected = "plugin-rejected", UNPROCESSABLE_ENTITY, "The plugin was not installed";
    PluginExists = "plugin-exists", CONFLICT, "The plugin is installed already";
    PluginConflict = "plugin-conflict", CONFLICT, "This cannot be done with the plugin";
    BindingUnknown = "binding-unknown", NOT_FOUND, "There is no such binding";
    BindingInvalid = "binding-invalid", UNPROCESSABLE_ENTITY, "The binding makes no sense";
    RuleInvalid = "rule-invalid", UNPROCESSABLE_ENTITY, "The rule makes no sense";

    StoreConflict = "store-conflict", CONFLICT, "Somebody else changed it";
    StoreMissing = "not-found", NOT_FOUND, "It does not exist";
    StoreTaken = "store-taken", SERVICE_UNAVAILABLE, "Another server has taken over";
    StoreFull = "disk-full", INSUFFICIENT_STORAGE, "The disk is full";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something broke inside the server";

    RouteUnknown = "route-unknown", NOT_FOUND, "There is nothing at this address";
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "This address takes other methods";
    InvalidPath = "invalid-path", BAD_REQUEST, "The address is malformed";
    InvalidQuery = "invalid-query", BAD_REQUEST, "The query is malformed";
    InvalidHeader = "invalid-header", BAD_REQUEST, "A header is malformed";
    InvalidJson = "invalid-json", BAD_REQUEST, "The body is malformed";
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    BodyUnreadable = "body-unreadable", BAD_REQUEST, "The body did not arrive";
    MediaType = "media-type", UNSUPPORTED_MEDIA_TYPE, "The body is not JSON";
    Timeout = "timeout", GATEWAY_TIMEOUT, "The answer took too long";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "It is not known who asks";
    Forbidden = "forbidden", FORBIDDEN, "This is not allowed";
    Csrf = "csrf", FORBIDDEN, "The page that asks is not known";
    LoginRefused = "login-refused", UNAUTHORIZED, "The name or the password is wrong";
    LoginThrottled = "login-throttled", TOO_MANY_REQUESTS, "There were too many tries";
    UserUnknown = "user-unknown", NOT_FOUND, "There is no such user";
    VisitorUnknown = "visitor-unknown", NOT_FOUND, "There is no such visitor";
    TokenUnknown = "token-unknown", NOT_FOUND, "There is no such token";
    RuleUnknown = "rule-unknown", NOT_FOUND, "There is no such rule";
    AccessRuleInvalid = "access-rule-invalid", UNPROCESSABLE_ENTITY, "The rule makes no sense";
    AccessInvalid = "access-invalid", UNPROCESSABLE_ENTITY, "This makes no sense for an account";
    AccessConflict = "access-conflict", CONFLICT, "Something else stands in the way";
    AuthorizationPending = "authorization-pending", BAD_REQUEST, "Nobody has answered yet";
    SlowDown = "slow-down", BAD_REQUEST, "It is too early to ask again";
    AccessDenied = "access-denied", BAD_REQUEST, "The login was denied";
    ExpiredToken = "expired-token", BAD_REQUEST, "The code has expired";
    InvalidGrant = "invalid-grant", BAD_REQUEST, "The code is not good";
    InvalidRequest = "invalid-request", BAD_REQUEST, "The request makes no sense";
    InvalidClient = "invalid-client", BAD_REQUEST, "The program is not known";
    InvalidScope = "invalid-scope", BAD_REQUEST, "The app was let in for less";
    InvalidTarget = "invalid-target", BAD_REQUEST, "There is no such resource";
    InvalidRedirectUri = "invalid-redirect-uri", BAD_REQUEST, "Nothing is sent to this address";
    InvalidClientMetadata = "invalid-client-metadata", BAD_REQUEST,
        "What the program says of itself makes no sense";
    UnsupportedResponseType = "unsupported-response-type", BAD_REQUEST, "There is no such answer";
    TemporarilyUnavailable = "temporarily-unavailable", SERVICE_UNAVAILABLE,
        "There is no room at this moment";
    OauthOff = "oauth-off", NOT_FOUND, "There is no OAuth here";
    AppUnknown = "app-unknown", NOT_FOUND, "There is no such connected app";
    UnsupportedGrant = "unsupported-grant-type", BAD_REQUEST, "There is no such way to a token";
    HostRefused = "host-refused", MISDIRECTED_REQUEST, "This server is not called that";
    WorkspaceUnknown = "workspace-unknown", NOT_FOUND, "There is no such workspace";
    WorkspaceConflict = "workspace-conflict", CONFLICT, "This cannot be done with the workspace";
    WorkspaceInvalid = "workspace-invalid", UNPROCESSABLE_ENTITY, "The workspace makes no sense";
    OriginRefused = "origin-refused", FORBIDDEN, "Another site may not call this server";
}
