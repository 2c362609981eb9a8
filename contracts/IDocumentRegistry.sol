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
 * `flags`: bit 0, the payload is a commitment; bit 1, an institution recorded the entry (a document, status, consent or
 * verification) while its admin was one that governance put in place. The contract alone sets bit 1.
 *
 * Payload of a status entry: u64 index of the document or consent ‖ u8 action ‖ u8 reason ‖ u64 index of the successor ‖ 14 zero
 * bytes. Payload of a directory entry: SHA-256(topic0 ‖ abi.encode(all parameters of the event in declared order, without
 * `index` and `recordedAt`)); its institution is the one concerned, 0 where none is.
 *
 * Every event below stands for one change and carries the `index` of the first entry it made, when it was recorded
 * and by whom. There are no other changes of state, but for the schedules of OpenZeppelin's
 * AccessControlDefaultAdminRules, which has events of its own.
 *
 * Units: every time is in Unix seconds. Indexes count entries from 0. Ids of institutions, operators and scenes count
 * from 1; 0 stands for governance, for "no institution" and for "no scene". Windows are [`from`, `until`); an `until`
 * of 0 has no end.
 */
interface IDocumentRegistry {
    /// @notice A name in the three languages of its readers; UTF-8, each 1 to 256 bytes long.
    struct Names {
        string zhHans;
        string zhHant;
        string en;
    }

    /**
     * @notice What the accreditor states of an institution. The registry decides by `roles`; the rest is for people, and
     * stands in the events and under the root only.
     * @param roles bit 0: issuer, may record documents and consents; bit 1: verifier, may record verifications
     * @param scenes the document types of which it may record documents: bit i is scene i, 1 to 255. No value means all
     * of them, and bits of scenes that are not defined yet are allowed. Checked for documents only
     * @param jurisdiction where it is registered, 1 to 16 bytes 0x21 to 0x7e (ISO 3166: "CN", "HK")
     * @param officialNumber its number in the official register there, 1 to 64 bytes 0x21 to 0x7e (统一社会信用代码, BR
     * number). With the jurisdiction it is unique among institutions, and constant
     */
    struct Profile {
        uint8 roles;
        uint256 scenes;
        string jurisdiction;
        string officialNumber;
        Names names;
    }

    /**
     * @notice An institution of the directory.
     * @param admin its cold address: keeps its keys, those of its operators, and names the next admin
     * @param state 1 active, 2 suspended, 3 withdrawn
     * @param roles as in its {Profile}
     * @param adminByGovernance whether governance put its admin in place, or one that named it
     * @param keysInUse keys that were accepted and not retired
     * @param nextAdmin the address that may become its admin, zero where none is named
     * @param nextAdminFrom when it may
     * @param nextByGovernance whether governance named it
     * @param scenes as in its {Profile}
     */
    struct Institution {
        address admin;
        uint8 state;
        uint8 roles;
        bool adminByGovernance;
        uint32 keysInUse;
        address nextAdmin;
        uint64 nextAdminFrom;
        bool nextByGovernance;
        uint256 scenes;
    }

    /**
     * @notice A key of an institution or of an operator. It belongs to `holder` for ever and acts for it within its
     * window.
     * @param holder id of the institution or operator; 0 where there is no such key
     * @param compromisedSince since when it is reported compromised; 0 = it is not. Changes how entries are judged, and
     * nothing that the contract does
     * @param reportedBy the admin that reported it last; zero where governance alone did
     * @param retired whether a retirement was recorded
     * @param reportedSince the time that `reportedBy` reported
     */
    struct Key {
        uint32 holder;
        uint64 addedAt;
        uint64 from;
        uint64 until;
        uint64 compromisedSince;
        address reportedBy;
        bool retired;
        uint64 reportedSince;
    }

    /**
     * @notice A key that an admin proposed and that has not accepted.
     * @param admin that proposed it: the key accepts while that is the admin; zero where there is no proposal
     * @param from as in {addKey}; 48 bits hold every time up to the year 9999
     * @param until likewise
     */
    struct Proposal {
        address admin;
        uint48 from;
        uint48 until;
    }

    /**
     * @notice A key with which an operator signs what it says of the log.
     * @param purpose 1 log (checkpoints), 2 witness (cosignatures), 3 status (statements)
     * @param signatureType the type byte of C2SP signed-note: 1 Ed25519, 4 Ed25519 cosignature, 6 ML-DSA-44 cosignature
     */
    struct OperatorKey {
        Key key;
        uint8 purpose;
        uint8 signatureType;
    }

    /**
     * @notice Entries that share everything but their payload.
     * @param kind 1 document, 3 consent, 4 verification
     * @param scene id of the document type; 0 for consents and verifications
     * @param algorithm of the digest under the payload: 1 SHA-256, 2 SM3; 1 for consents and verifications
     * @param flags bit 0: the payload is a commitment; always set for consents and verifications. Other bits are 0, and
     * bit 1 is added where it belongs
     * @param validUntil the first moment at which the entries are no longer in force; 0 = no end
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

    /**
     * @notice An entry with the proof that the log holds it (RFC 9162 section 2.1.3).
     * @param entry its 80 bytes
     * @param size a tree size whose root the registry holds, above `index`
     * @param proof hashes from the leaf's sibling up to the root's child
     */
    struct Inclusion {
        bytes entry;
        uint64 index;
        uint64 size;
        bytes32[] proof;
    }

    /**
     * @notice The last change of the status of a document or consent.
     * @param action 0 none yet, 1 revoke, 2 suspend, 3 reinstate, 4 supersede
     * @param reason as in {StatusSet}
     * @param institution that set it; 0 = governance
     * @param successor index of the document that takes its place; supersede only
     * @param index of the status entry
     * @param recordedAt since when it holds
     */
    struct Status {
        uint8 action;
        uint8 reason;
        uint32 institution;
        uint64 successor;
        uint64 index;
        uint64 recordedAt;
    }

    /// @notice One group was recorded: payload i is the entry at `index` + i.
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
     * @notice The status of a document or consent changed.
     * @param document its index
     * @param institution that set the status; 0 = governance
     * @param action 1 revoke, 2 suspend, 3 reinstate, 4 supersede
     * @param reason 1 issued in error, 2 content corrected, 3 subject's request, 4 key compromise, 5 order of a court or
     * regulator, 6 other
     * @param successor index of the document that takes its place; 0 where there is none
     * @param flags of the status entry: bit 1, or none
     */
    event StatusSet(
        uint64 indexed index,
        uint64 indexed document,
        uint32 indexed institution,
        uint8 action,
        uint8 reason,
        uint64 successor,
        uint8 flags,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `institution` entered the directory, or its registration was amended: what is said here now holds.
    event InstitutionRegistered(
        uint64 indexed index,
        uint32 indexed institution,
        address admin,
        uint8 roles,
        uint256 scenes,
        string jurisdiction,
        string officialNumber,
        string nameZhHans,
        string nameZhHant,
        string nameEn,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `institution` is in another `state`: 1 active, 2 suspended, 3 withdrawn. A named admin is so no more.
    event InstitutionStateSet(
        uint64 indexed index,
        uint32 indexed institution,
        uint8 state,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `admin` may become the admin of `institution` at `from`. Takes the place of who was named before.
    event AdminNamed(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed admin,
        uint64 from,
        bool byGovernance,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `admin` is not to become the admin of `institution` after all.
    event AdminNamingCancelled(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed admin,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `admin` is the admin of `institution` from now on. `byGovernance`: governance put it in place, or put in
    /// place one of those before it.
    event AdminReplaced(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed admin,
        bool byGovernance,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `key` may accept to act for `institution` within this window. Takes the place of an earlier proposal.
    event KeyProposed(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed key,
        uint64 from,
        uint64 until,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `key` accepted, and may act for `institution` within its window.
    event KeyAdded(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed key,
        uint64 from,
        uint64 until,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice The window of `key` ends at `until`.
    event KeyRetired(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed key,
        uint64 until,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `key` is reported to have been in other hands since `since`.
    event KeyCompromised(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed key,
        uint64 since,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice The report on `key` now says `since`; 0 = it is taken back.
    event KeyReportCorrected(
        uint64 indexed index,
        uint32 indexed institution,
        address indexed key,
        uint64 since,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `operator` entered the directory. Its directory entry is of `institution`.
    event OperatorRegistered(
        uint64 indexed index,
        uint32 indexed operator,
        uint32 indexed institution,
        string name,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `operator`, which belongs to `institution`, signs with `publicKey` within its window. `keyId` =
    /// SHA-256(abi.encode(operator, purpose, signatureType, publicKey)). The contract does not check `possession`.
    event OperatorKeyAdded(
        uint64 indexed index,
        uint32 indexed operator,
        bytes32 indexed keyId,
        uint32 institution,
        uint8 purpose,
        uint8 signatureType,
        bytes publicKey,
        bytes possession,
        uint64 from,
        uint64 until,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice The window of an operator's key ends at `until`.
    event OperatorKeyRetired(
        uint64 indexed index,
        uint32 indexed operator,
        bytes32 indexed keyId,
        uint32 institution,
        uint64 until,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice An operator's key is reported to have been in other hands since `since`.
    event OperatorKeyCompromised(
        uint64 indexed index,
        uint32 indexed operator,
        bytes32 indexed keyId,
        uint32 institution,
        uint64 since,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice The report on an operator's key now says `since`; 0 = it is taken back.
    event OperatorKeyReportCorrected(
        uint64 indexed index,
        uint32 indexed operator,
        bytes32 indexed keyId,
        uint32 institution,
        uint64 since,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `scene` was defined.
    event SceneDefined(
        uint64 indexed index,
        uint32 indexed scene,
        string slug,
        string nameZhHans,
        string nameZhHant,
        string nameEn,
        bool blinded,
        bool personal,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice `account` has `role` from now on, or no longer has it.
    event RoleSet(
        uint64 indexed index,
        bytes32 indexed role,
        address indexed account,
        bool granted,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice New documents, consents and verifications are refused from now on, or taken again.
    event PauseSet(uint64 indexed index, bool paused, uint64 recordedAt, address recordedBy);

    /// @notice `registry` takes new documents, consents and verifications from now on, and this one no more.
    event SuccessorNamed(
        uint64 indexed index,
        address indexed registry,
        uint64 recordedAt,
        address recordedBy
    );

    /// @notice New documents, consents and verifications are refused while the registry is paused.
    error RegistryPaused();
    /// @notice `successor` has taken the place of this registry.
    error RegistryHasSuccessor(address successor);
    /// @notice `registry` is no registry that names this one as its predecessor.
    error RegistryNotASuccessor(address registry);
    /// @notice The registry is paused already, or is not.
    error RegistryPauseUnchanged(bool paused);
    /// @notice The registry would be left without an admin.
    error RegistryLastAdmin();
    /// @notice A call without groups, or the group at `group` without payloads.
    error RegistryEmptyBatch(uint256 group);
    /// @notice `count` payloads in one call, of which `max` are allowed.
    error RegistryTooManyPayloads(uint256 count, uint256 max);
    /// @notice The payload at `position` of the group at `group` is zero.
    error RegistryZeroPayload(uint256 group, uint256 position);
    /// @notice `kind` is not recorded by `anchor`.
    error RegistryUnsupportedKind(uint8 kind);
    /// @notice `algorithm` is not one that entries of `kind` have.
    error RegistryUnsupportedAlgorithm(uint8 kind, uint8 algorithm);
    /// @notice `flags` are not ones that entries of `kind` have.
    error RegistryUnsupportedFlags(uint8 kind, uint8 flags);
    /// @notice No scene has the id `scene`, or entries of `kind` have none.
    error RegistryUnknownScene(uint8 kind, uint32 scene);
    /// @notice `validUntil` is not after the time of recording.
    error RegistryValidUntilPassed(uint64 validUntil, uint64 recordedAt);
    /// @notice `time` is beyond the year 9999.
    error RegistryTimeTooLate(uint64 time, uint64 max);
    /// @notice `institution` is not accredited for documents of `scene`.
    error RegistrySceneNotAccredited(uint32 institution, uint32 scene);
    /// @notice `key` belongs to no institution.
    error RegistryUnknownKey(address key);
    /// @notice `key` is outside its window [`from`, `until`) at `time`.
    error RegistryKeyNotInForce(address key, uint64 from, uint64 until, uint64 time);
    /// @notice `institution` is in `state`, in which this is not done.
    error RegistryInstitutionNotActive(uint32 institution, uint8 state);
    /// @notice `institution` has `roles`, and one of `needed` is needed.
    error RegistryRoleMissing(uint32 institution, uint8 roles, uint8 needed);
    /// @notice The key already belongs to the institution or operator `holder`.
    error RegistryKeyTaken(uint32 holder);
    /// @notice A window that is empty, or already over at `time`.
    error RegistryKeyWindow(uint64 from, uint64 until, uint64 time);
    /// @notice A key's window may only be made to end earlier, and not before `time`; its end is `until`.
    error RegistryKeyRetirement(uint64 until, uint64 time);
    /// @notice `institution`, which is active, would be left without a key.
    error RegistryLastKey(uint32 institution);
    /// @notice A report or correction `since` a time before `earliest` or after `latest`. Of a report: when the key was
    /// added, and the present or the second before the time that was reported. Of a correction: the second after the time
    /// that was reported, and the present or the time that the institution's present admin reported.
    error RegistryCompromiseTime(uint64 since, uint64 earliest, uint64 latest);
    /// @notice No institution has the id `institution`.
    error RegistryUnknownInstitution(uint32 institution);
    /// @notice `caller` is not the admin of `institution`.
    error RegistryNotAdmin(uint32 institution, address caller);
    /// @notice No report on the key stands.
    error RegistryKeyNotReported();
    /// @notice The present admin of `institution` proposed no such key.
    error RegistryKeyNotProposed(uint32 institution, address key);
    /// @notice `caller` is not the admin that is named for `institution`, or it is before `from`.
    error RegistryAdminNotNamed(uint32 institution, address caller, uint64 from);
    /// @notice No naming for `institution` stands that `caller` may cancel.
    error RegistryNothingToCancel(uint32 institution, address caller);
    /// @notice An institution in state `from` cannot be put in state `to`.
    error RegistryStateChange(uint32 institution, uint8 from, uint8 to);
    /// @notice The jurisdiction and official number are those of `holder`; 0 = of none. `institution` keeps its own for ever.
    error RegistryOfficialNumber(uint32 institution, uint32 holder);
    /// @notice Bit 0 of `scenes` stands for no scene.
    error RegistryUnsupportedScenes(uint256 scenes);
    /// @notice There are 255 scenes, and no more can be.
    error RegistryTooManyScenes();
    /// @notice `roles` are none, or have bits set that have no meaning.
    error RegistryUnsupportedRoles(uint8 roles);
    /// @notice No operator has the id `operator`.
    error RegistryUnknownOperator(uint32 operator);
    /// @notice No operator has the key `keyId`.
    error RegistryUnknownOperatorKey(bytes32 keyId);
    /// @notice `purpose` is not 1 to 3.
    error RegistryUnsupportedPurpose(uint8 purpose);
    /// @notice The zero address stands where a key, an admin or a registry is wanted.
    error RegistryZeroAddress();
    /// @notice A text, a public key or a possession has `length` bytes; 1 to `max` are allowed.
    error RegistryLength(uint256 length, uint256 max);
    /// @notice The byte at `position` of a slug is not a-z, 0-9 or "-", or of a jurisdiction or official number not 0x21 to
    /// 0x7e.
    error RegistryCharacter(uint256 position);
    /// @notice The slug already names `scene`.
    error RegistrySlugTaken(uint32 scene);
    /// @notice The entry is not of 80 bytes and version 1.
    error RegistryEntryMalformed(uint256 length);
    /// @notice The registry holds no root for `size`.
    error RegistryUnknownSize(uint64 size);
    /// @notice The proof does not show the entry at `index` under the root of `size`.
    error RegistryProofInvalid(uint64 index, uint64 size);
    /// @notice The entry at `index` is of `kind`, and neither a document nor a consent that is revoked.
    error RegistryNotADocument(uint64 index, uint8 kind);
    /// @notice The entry at `index` was recorded by `institution`, and `caller` is asked for or acts here.
    error RegistryNotYourEntry(uint64 index, uint32 institution, uint32 caller);
    /// @notice Governance leaves the entries of `institution` alone while that is active.
    error RegistryInstitutionActive(uint32 institution);
    /// @notice The entry at `index` has the final status `action`: nothing changes it any more.
    error RegistryEntryFinal(uint64 index, uint8 action);
    /// @notice `action` would change nothing on the document at `index`.
    error RegistryStatusUnchanged(uint64 index, uint8 action);
    /// @notice `action` is not 1 to 4.
    error RegistryUnsupportedAction(uint8 action);
    /// @notice `reason` is not 1 to 6.
    error RegistryUnsupportedReason(uint8 reason);
    /// @notice A successor is given, and `action` has none.
    error RegistryUnexpectedSuccessor(uint8 action);
    /// @notice The document at `index` cannot take its own place.
    error RegistrySuccessorIsItself(uint64 index);
    /// @notice The document at `index` is itself withdrawn by `action`: it takes no other's place.
    error RegistrySuccessorWithdrawn(uint64 index, uint8 action);

    /**
     * @notice Records documents, consents or verifications in the order given. All of them, or none.
     * @dev The caller is a key in force of an active institution with the role that the kinds need, and accredited for the
     * documents' scenes. Refused while the
     * registry is paused and once it has a successor. At most 2,000 payloads a call. Emits {Anchored} once a group.
     * @return index of the first entry
     */
    function anchor(Group[] calldata groups) external returns (uint64 index);

    /**
     * @notice Changes the status of a document, or revokes a consent; while the registry is paused and once it has a
     * successor, too. Revoked and superseded are final; suspended can be reinstated.
     * @dev The caller is a key in force of the institution that recorded the entry, and that is active, or suspended: then
     * it may suspend documents and revoke consents only. Or the caller has ACCREDITOR_ROLE, and the institution is not
     * active. Emits {StatusSet}.
     * @param action 1 revoke, 2 suspend, 3 reinstate, 4 supersede
     * @param reason 1 to 6, see {StatusSet}
     * @param successor for supersede, another document of the same institution that is not itself withdrawn; else all
     * of it empty
     * @return index of the status entry
     */
    function setStatus(
        Inclusion calldata document,
        uint8 action,
        uint8 reason,
        Inclusion calldata successor
    ) external returns (uint64 index);

    /**
     * @notice Enters an institution in the directory. It is active.
     * @dev The caller has ACCREDITOR_ROLE. Emits {InstitutionRegistered}.
     * @return institution its id
     */
    function registerInstitution(
        address admin,
        Profile calldata profile
    ) external returns (uint32 institution);

    /**
     * @notice Puts another profile in the place of an institution's: another name, role or document type. Jurisdiction and
     * official number stay.
     * @dev The caller has ACCREDITOR_ROLE. Emits {InstitutionRegistered}.
     */
    function amendInstitution(uint32 institution, Profile calldata profile) external;

    /**
     * @notice Suspends an active institution (2), reinstates a suspended one (1), or withdraws either for ever (3). An admin
     * that is named is so no more.
     * @dev The caller has ACCREDITOR_ROLE. Emits {InstitutionStateSet}.
     */
    function setInstitutionState(uint32 institution, uint8 state) external;

    /**
     * @notice Names the next admin of an institution. It takes over with {acceptAdmin}; until then the present one stays.
     * The newest naming stands.
     * @dev The caller is the admin of an active institution: then 2 days pass before; or has ACCREDITOR_ROLE: then 7 days
     * pass where it is active, in which the present admin can cancel, and 2 days where it is suspended. Emits {AdminNamed}.
     */
    function nameAdmin(uint32 institution, address admin) external;

    /**
     * @notice Cancels a naming.
     * @dev The caller is the present admin of an active institution; or has ACCREDITOR_ROLE, and governance named it.
     * Emits {AdminNamingCancelled}.
     */
    function cancelAdmin(uint32 institution) external;

    /// @notice Makes the caller the admin that it was named to be. Emits {AdminReplaced}.
    function acceptAdmin(uint32 institution) external;

    /**
     * @notice Proposes that `key` act for `institution`. Nothing changes until the key accepts. The newest proposal stands.
     * @dev The caller is the admin of the institution, which is active. Emits {KeyProposed}.
     * @param from the first second of its window; a past one means at once
     * @param until the first second after its window; 0 = no end
     */
    function addKey(uint32 institution, address key, uint64 from, uint64 until) external;

    /**
     * @notice Lets the caller act for `institution` within the window that was proposed. A key belongs to one institution
     * for ever.
     * @dev The caller is the key itself. The institution is active, and its admin is still the one that proposed the key.
     * Emits {KeyAdded}.
     */
    function acceptKey(uint32 institution) external;

    /**
     * @notice Ends a key's window at `until`, for good. What it did before stays as it is.
     * @dev The caller is the admin of the key's institution. The last key in use stays while the institution is active: its
     * replacement accepts first. Emits {KeyRetired}.
     * @param until not before now, and before the window's present end; 0 = now
     */
    function retireKey(address key, uint64 until) external;

    /**
     * @notice Reports that a key is in other hands since a time. An earlier time may follow.
     * @dev The caller is the admin of the key's institution, or has ACCREDITOR_ROLE. Emits {KeyCompromised}.
     * @param since from when the key was added until now
     */
    function reportKey(address key, uint64 since) external;

    /**
     * @notice Corrects a report that governance made, or an admin that has been replaced since. What the present admin
     * reported stands.
     * @dev The caller has ACCREDITOR_ROLE. Emits {KeyReportCorrected}.
     * @param since 0 takes the report back; else a later time than the reported one, up to now
     */
    function correctKeyReport(address key, uint64 since) external;

    /**
     * @notice Enters an operator in the directory.
     * @dev The caller has ACCREDITOR_ROLE. Emits {OperatorRegistered}.
     * @param institution that it belongs to, whose admin then keeps its keys; 0 = none, then the accreditor does
     * @param name 1 to 256 bytes
     * @return operator its id
     */
    function registerOperator(uint32 institution, string calldata name) external returns (uint32 operator);

    /**
     * @notice Lets an operator sign with a key. Others may enter the same public key: readers go by its possession.
     * @dev The caller is the admin of the operator's institution, which is active; where it has none, it has
     * ACCREDITOR_ROLE. Emits {OperatorKeyAdded}.
     * @param purpose 1 log, 2 witness, 3 status
     * @param signatureType the type byte of C2SP signed-note
     * @param publicKey 1 to 1,312 bytes
     * @param possession the key's own signature over the lines "hufu/operator-key/v1", origin, operator, purpose,
     * signatureType and key in lower hex, 1 to 2,420 bytes. Readers pass over a key without a valid one
     * @return keyId SHA-256(abi.encode(operator, purpose, signatureType, publicKey))
     */
    function addOperatorKey(
        uint32 operator,
        uint8 purpose,
        uint8 signatureType,
        bytes calldata publicKey,
        uint64 from,
        uint64 until,
        bytes calldata possession
    ) external returns (bytes32 keyId);

    /// @notice Ends the window of an operator's key; see {retireKey}. Emits {OperatorKeyRetired}.
    /// @dev The caller is as for {addOperatorKey}, whatever the institution's state.
    function retireOperatorKey(bytes32 keyId, uint64 until) external;

    /// @notice Reports that an operator's key is in other hands; see {reportKey}. Emits {OperatorKeyCompromised}.
    /// @dev The caller is as for {retireOperatorKey}, or has ACCREDITOR_ROLE.
    function reportOperatorKey(bytes32 keyId, uint64 since) external;

    /// @notice Corrects a report on an operator's key; see {correctKeyReport}. Emits {OperatorKeyReportCorrected}.
    /// @dev The caller has ACCREDITOR_ROLE.
    function correctOperatorKeyReport(bytes32 keyId, uint64 since) external;

    /**
     * @notice Defines a document type; there are 255 at most.
     * @dev The caller has SCENE_ROLE. Emits {SceneDefined}.
     * @param slug its name on the wire, unique; 1 to 64 characters a-z, 0-9 and "-"
     * @param blinded its documents are recorded as commitments unless their issuer says otherwise
     * @param personal its documents are about a person
     * @return scene its id
     */
    function defineScene(
        string calldata slug,
        Names calldata names,
        bool blinded,
        bool personal
    ) external returns (uint32 scene);

    /// @notice Stops new documents, consents and verifications, or takes them again. Emits {PauseSet}.
    /// @dev The caller has PAUSER_ROLE.
    function setPaused(bool paused) external;

    /**
     * @notice Names the registry that takes the place of this one, once and for ever.
     * @dev The caller has DEFAULT_ADMIN_ROLE. The other registry names this one as its predecessor. Emits
     * {SuccessorNamed}.
     */
    function nameSuccessor(address registry) external;

    /// @notice The number of entries, and the tree's root at that size.
    function head() external view returns (uint64 size, bytes32 root);

    /// @notice The root at `size`; zero for sizes at which no call and no change of the directory ended.
    function rootAt(uint64 size) external view returns (bytes32 root);

    /**
     * @notice Whether the log holds `entry` at `index`. Reverts for nothing: false says all that is wrong.
     * @param entry 80 bytes
     * @param size a tree size whose root the registry holds, above `index`
     */
    function verifyInclusion(
        bytes calldata entry,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (bool included);

    /// @notice The last change of the status of the entry at `index`; all of it zero where there was none.
    function statusOf(uint64 index) external view returns (Status memory);

    /// @notice An institution by its id; its admin is zero where there is none.
    function institutionOf(uint32 institution) external view returns (Institution memory);

    /// @notice A key of an institution; its holder is 0 where it accepted none.
    function keyOf(address key) external view returns (Key memory);

    /// @notice What is proposed to `key` for `institution`; all of it zero where nothing is.
    function proposalOf(uint32 institution, address key) external view returns (Proposal memory);

    /// @notice The institution for which `key` could act at `time`; 0 where it could for none.
    function holderAt(address key, uint64 time) external view returns (uint32 institution);

    /// @notice The institution that an operator belongs to; 0 = none.
    function institutionOfOperator(uint32 operator) external view returns (uint32 institution);

    /// @notice A key of an operator by its id; its holder is 0 where there is none.
    function operatorKeyOf(bytes32 keyId) external view returns (OperatorKey memory);

    /// @notice The scene that a slug names; 0 where it names none.
    function sceneOf(string calldata slug) external view returns (uint32 scene);

    /// @notice How many institutions, operators and scenes there are; their ids run from 1 to these numbers.
    function counts() external view returns (uint32 institutions, uint32 operators, uint32 scenes);

    /// @notice Whether new documents, consents and verifications are refused for the time being.
    function paused() external view returns (bool);

    /// @notice The registry that this one continues, and the one that continues it; zero where there is none.
    function chainOfRegistries() external view returns (address predecessor, address successor);
}
