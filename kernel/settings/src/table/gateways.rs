//! Other protocols.

use crate::kind::Kind;
use crate::setting::Setting;

const LATER: &str = "gateways";

rows! {
    MCP = Setting::new(
        "gateways.mcp", "mcp", "TENON_MCP", Kind::Switch,
        "Serve the Model Context Protocol",
    ).default("true").later(LATER);
    MCP_PORT = Setting::new(
        "gateways.mcp_port", "mcp-port", "TENON_MCP_PORT", Kind::Number { min: 1, max: 65_535 },
        "A port for it alone; it is served under /mcp in any case",
    ).later(LATER);
    PORTS = Setting::new(
        "gateways.ports", "gateway-ports", "TENON_GATEWAY_PORTS", Kind::PortRange,
        "The ports that gateways may listen on",
    ).later(LATER);
    MAX = Setting::new(
        "gateways.max", "gateways-max", "TENON_GATEWAYS_MAX", Kind::Number { min: 1, max: 10_000 },
        "How many gateways may be open",
    ).default("100").later(LATER);
}
