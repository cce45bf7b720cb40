/** Where a host name of a parsed URL leads, as far as the name itself tells. */
export type HostKind =
	| 'public'
	| 'loopback'
	| 'private'
	| 'unroutable'
	| 'localName'
	| 'reservedName';

/** From IANA's registry of special-purpose addresses. */
const SPECIAL_IPV4: ReadonlyArray<[network: string, prefixBits: number, kind: HostKind]> = [
	['0.0.0.0', 8, 'unroutable'],
	['10.0.0.0', 8, 'private'],
	['100.64.0.0', 10, 'private'],
	['127.0.0.0', 8, 'loopback'],
	['169.254.0.0', 16, 'private'],
	['172.16.0.0', 12, 'private'],
	['192.0.0.0', 24, 'unroutable'],
	['192.0.2.0', 24, 'unroutable'],
	['192.168.0.0', 16, 'private'],
	['198.18.0.0', 15, 'private'],
	['198.51.100.0', 24, 'unroutable'],
	['203.0.113.0', 24, 'unroutable'],
	['224.0.0.0', 3, 'unroutable'],
];

/** `.internal` and `.home.arpa` are reserved for local use; ICANN delegates none of the others. */
const LOCAL_SUFFIXES = [
	'.local',
	'.internal',
	'.home.arpa',
	'.lan',
	'.localdomain',
	'.home',
	'.corp',
	'.intranet',
	'.private',
];

/** RFC 2606, 6761, 7686, 9476: names that the public DNS never resolves. */
const RESERVED_SUFFIXES = ['.test', '.example', '.invalid', '.onion', '.alt'];

/**
 * Tells by name alone: a public name may still lead to a private address.
 * @param hostname of a `URL`, which has brought odd spellings (`0x7f.1`, `::FFFF:7F00:1`) to one
 */
export function kindOfHost(hostname: string): HostKind {
	const name = hostname.replace(/\.+$/, '').toLowerCase();
	if (name.startsWith('[')) return kindOfIpv6(groupsOf(name.slice(1, -1)));
	if (/^\d+(\.\d+){3}$/.test(name)) return kindOfIpv4(ipv4Number(name));
	if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback';
	const endsWithOneOf = (suffixes: string[]) => suffixes.some((suffix) => name.endsWith(suffix));
	if (!name.includes('.') || endsWithOneOf(LOCAL_SUFFIXES)) return 'localName';
	if (endsWithOneOf(RESERVED_SUFFIXES)) return 'reservedName';
	return 'public';
}

function ipv4Number(dotted: string): number {
	return dotted.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

function kindOfIpv4(address: number): HostKind {
	const special = SPECIAL_IPV4.find(([network, prefixBits]) => {
		const size = 2 ** (32 - prefixBits);
		return Math.floor(address / size) === Math.floor(ipv4Number(network) / size);
	});
	return special?.[2] ?? 'public';
}

/** The eight 16-bit groups of an address that `URL` has written (no dotted part, one `::`). */
function groupsOf(address: string): number[] {
	const [head, tail] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
	const zeros = tail === undefined ? [] : Array(8 - head.length - tail.length).fill('0');
	return [...head, ...zeros, ...(tail ?? [])].map((group) => parseInt(group, 16));
}

function kindOfIpv6(groups: number[]): HostKind {
	const startsWith = (...first: number[]) => first.every((group, index) => groups[index] === group);
	const ipv4At = (index: number) => kindOfIpv4(groups[index] * 2 ** 16 + groups[index + 1]);
	if (startsWith(0, 0, 0, 0, 0, 0, 0, 1)) return 'loopback';
	// IPv6 forms that embed an IPv4 address: mapped, compatible (:: itself among them), NAT64, 6to4.
	if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0, 0)) return ipv4At(6);
	if (startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return ipv4At(6);
	if (startsWith(0x2002)) return ipv4At(1);
	const [first, second] = groups;
	if (startsWith(0x64, 0xff9b, 1)) return 'private';
	if (first >= 0xfc00 && first <= 0xfdff) return 'private';
	if (first >= 0xfe80 && first <= 0xfeff) return 'private';
	// Discard-only and documentation.
	if (startsWith(0x100, 0, 0, 0) || startsWith(0x2001, 0xdb8)) return 'unroutable';
	if (first === 0x3fff && second <= 0xfff) return 'unroutable';
	if (first >= 0xff00) return 'unroutable';
	return 'public';
}
