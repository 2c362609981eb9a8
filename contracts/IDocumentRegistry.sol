// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title A registry of document digests kept as an RFC 9162 transparency log
 * @notice Everything the registry records is one 80-byte entry of one append-only SHA-256 Merkle tree. The contract
 * computes every root itself and keeps no digest, no entry and no document: entries follow whole from the events.
 *
 * Entry, version 1, big-endian: u8 version ‖ u8 kind ‖ u8 algorithm ‖ u8 flags ‖ u32 institution ‖ u32 scene ‖
 * u64 recordedAt ‖ u64 validUntil ‖ 32 bytes payload ‖ 20 bytes recordedBy (`msg.sender`).
 *
 * Units: every time is in Unix seconds. Indexes count entries from 0. Institution and scene ids count from 1; 0 stands
 * for governance and for "no scene".
 */
interface IDocumentRegistry {
    /// @notice A name in the three languages of its readers; UTF-8, each 1 to 256 bytes long.
    struct Names {
        string zhHans;
        string zhHant;
        string en;
    }

    /**
     * @notice Documents that share everything but their payload.
     * @param kind 1, a document; other kinds are refused by this version
     * @param scene id of the document type
     * @param algorithm of the digest under the payload: 1 SHA-256, 2 SM3
     * @param flags bit 0: the payload is a blinded commitment; other bits are 0
     * @param validUntil the first moment at which the documents are no longer in force; 0 = no end
     * @param payloads digests or commitments, none of them zero
     */
    struct Group {
        uint8 kind;
        uint32 scene;
        uint8 algorithm;
        uint8 flags;
        uint64 validUntil;
        bytes32[] payloads;
    }

    /// @notice An institution of the directory. `admin` is its cold address: it authorises keys and does nothing else.
    struct Institution {
        address admin;
        Names names;
    }

    /// @notice A hot key: it acts for `institution` while `from` <= time, and time < `until` where `until` is not 0.
    struct Key {
        uint32 institution;
        uint64 from;
        uint64 until;
    }

    /// @notice A document type. `blinded`: its documents are recorded as commitments unless their issuer says otherwise.
    struct Scene {
        string slug;
        Names names;
        bool blinded;
    }

    /**
     * @notice One group was recorded: payload i is the entry at `index` + i.
     * @param index of the first entry of the group
     */
    event Anchored(
        uint64 indexed index,
        uint32 indexed institution,
        uint32 indexed scene,
        uint8 kind,
        uint8 algorithm,
        uint8 flags,
        uint64 recordedAt,
        uint64 validUntil,
        address recordedBy,
        bytes32[] payloads
    );

    /**
     * @notice The status of a document changed.
     * @param index of the status entry
     * @param document index of the document
     * @param institution that set the status
     * @param action 1 revoke
     * @param reason 1 issued in error, 2 content corrected, 3 subject's request, 4 key compromise, 5 order of a court or
     * regulator, 6 other
     * @param successor index of the document that takes its place; 0 where there is none
     */
    event StatusSet(
        uint64 indexed index,
        uint64 indexed document,
        uint32 indexed institution,
        uint8 action,
        uint8 reason,
        uint64 successor,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `institution` entered the directory. `index` is that of its directory entry.
    event InstitutionRegistered(
        uint64 indexed index,
        uint32 indexed institution,
        address admin,
        string nameZhHans,
        string nameZhHant,
        string nameEn,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `key` may act for `institution` within its window. `index` is that of the directory entry.
    event KeyAuthorized(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed key,
        uint64 from,
        uint64 until,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `scene` was defined. `index` is that of its directory entry, whose institution is 0, governance.
    event SceneDefined(
        uint64 indexed index,
        uint32 indexed scene,
        string slug,
        string nameZhHans,
        string nameZhHant,
        string nameEn,
        bool blinded,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice A call without groups, or the group at `group` without payloads.
    error RegistryEmptyBatch(uint256 group);
    /// @notice `count` payloads in one call, of which `max` are allowed.
    error RegistryTooManyPayloads(uint256 count, uint256 max);
    /// @notice The payload at `position` of the group at `group` is zero.
    error RegistryZeroPayload(uint256 group, uint256 position);
    /// @notice `kind` is not recorded by `anchor`.
    error RegistryUnsupportedKind(uint8 kind);
    /// @notice `algorithm` is neither 1 (SHA-256) nor 2 (SM3).
    error RegistryUnsupportedAlgorithm(uint8 algorithm);
    /// @notice `flags` has bits set that have no meaning.
    error RegistryUnsupportedFlags(uint8 flags);
    /// @notice No scene has the id `scene`.
    error RegistryUnknownScene(uint32 scene);
    /// @notice `validUntil` is not after the time of recording.
    error RegistryValidUntilPassed(uint64 validUntil, uint64 recordedAt);
    /// @notice `validUntil` is beyond the year 9999.
    error RegistryValidUntilTooLate(uint64 validUntil, uint64 max);
    /// @notice `key` is authorised by no institution.
    error RegistryUnknownKey(address key);
    /// @notice `key` is outside its window [`from`, `until`) at `time`.
    error RegistryKeyNotInForce(address key, uint64 from, uint64 until, uint64 time);
    /// @notice `key` already belongs to `institution`.
    error RegistryKeyTaken(address key, uint32 institution);
    /// @notice A window that is empty, or already over at `time`.
    error RegistryKeyWindow(uint64 from, uint64 until, uint64 time);
    /// @notice No institution has the id `institution`.
    error RegistryUnknownInstitution(uint32 institution);
    /// @notice `caller` is not the admin of `institution`.
    error RegistryNotAdmin(uint32 institution, address caller);
    /// @notice The zero address stands where a key or an admin is wanted.
    error RegistryZeroAddress();
    /// @notice A name has `length` bytes; 1 to `max` are allowed.
    error RegistryNameLength(uint256 length, uint256 max);
    /// @notice The slug is not of 1 to 64 characters a-z, 0-9 and "-".
    error RegistrySlugMalformed(string slug);
    /// @notice The slug already names `scene`.
    error RegistrySlugTaken(string slug, uint32 scene);
    /// @notice The entry is not of 80 bytes and version 1.
    error RegistryEntryMalformed(uint256 length);
    /// @notice The registry holds no root for `size`.
    error RegistryUnknownSize(uint64 size);
    /// @notice The proof does not show the entry at `index` under the root of `size`.
    error RegistryProofInvalid(uint64 index, uint64 size);
    /// @notice The entry at `index` is of `kind`, not a document.
    error RegistryNotADocument(uint64 index, uint8 kind);
    /// @notice The document at `index` was recorded by `institution`, and the caller acts for `caller`.
    error RegistryNotYourEntry(uint64 index, uint32 institution, uint32 caller);
    /// @notice The document at `index` has the final status `action`: nothing changes it any more.
    error RegistryEntryFinal(uint64 index, uint8 action);
    /// @notice `action` is not one that this version takes.
    error RegistryUnsupportedAction(uint8 action);
    /// @notice `reason` is not 1 to 6.
    error RegistryUnsupportedReason(uint8 reason);

    /**
     * @notice Records documents in the order given. All of them, or none.
     * @dev The caller is a key in force. At most 2,000 payloads a call. Emits {Anchored} once a group.
     * @return index of the first entry
     */
    function anchor(Group[] calldata groups) external returns (uint64 index);

    /**
     * @notice Revokes a document, for ever.
     * @dev The caller is a key in force of the institution that recorded the document. Emits {StatusSet}.
     * @param entry the document's 80 bytes
     * @param index of the document
     * @param size a tree size whose root the registry holds, above `index`
     * @param proof inclusion proof of the entry under that root (RFC 9162 section 2.1.3)
     * @param action 1 revoke
     * @param reason 1 to 6, see {StatusSet}
     * @return statusIndex index of the status entry
     */
    function setStatus(
        bytes calldata entry,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        uint8 action,
        uint8 reason
    ) external returns (uint64 statusIndex);

    /**
     * @notice Enters an institution in the directory.
     * @dev The caller has ACCREDITOR_ROLE. Emits {InstitutionRegistered}.
     * @param admin the institution's cold address
     * @return institution its id
     */
    function registerInstitution(address admin, Names calldata names) external returns (uint32 institution);

    /**
     * @notice Lets `key` act for `institution`. A key belongs to one institution for ever.
     * @dev The caller is the institution's admin. Emits {KeyAuthorized}.
     * @param from the first second of its window; 0 = at once
     * @param until the first second after its window; 0 = no end
     */
    function authorizeKey(uint32 institution, address key, uint64 from, uint64 until) external;

    /**
     * @notice Defines a document type.
     * @dev The caller has SCENE_ROLE. Emits {SceneDefined}.
     * @param slug its name on the wire, unique
     * @return scene its id
     */
    function defineScene(
        string calldata slug,
        Names calldata names,
        bool blinded
    ) external returns (uint32 scene);

    /// @notice The number of entries, and the tree's root at that size.
    function head() external view returns (uint64 size, bytes32 root);

    /// @notice The root at `size`, or zero where no transaction ended at that size.
    function rootAt(uint64 size) external view returns (bytes32 root);

    /// @notice The last action on the document at `index`: 0 none, 1 revoke.
    function statusOf(uint64 index) external view returns (uint8 action);

    /// @notice An institution by its id.
    function institutionOf(uint32 institution) external view returns (Institution memory);

    /// @notice A key; its institution is 0 where no one authorised it.
    function keyOf(address key) external view returns (Key memory);

    /// @notice A scene by its id.
    function sceneOf(uint32 scene) external view returns (Scene memory);

    /// @notice How many institutions and scenes there are; their ids run from 1 to these numbers.
    function counts() external view returns (uint32 institutions, uint32 scenes);
}
