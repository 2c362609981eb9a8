// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IDocumentRegistry} from "./IDocumentRegistry.sol";
import {MerkleLog} from "./MerkleLog.sol";

/// @title The registry: see {IDocumentRegistry}
contract DocumentRegistry is IDocumentRegistry, AccessControl {
    using MerkleLog for MerkleLog.Log;
    using MerkleLog for MerkleLog.Appender;

    /// @notice May enter institutions in the directory.
    bytes32 public constant ACCREDITOR_ROLE = keccak256("ACCREDITOR_ROLE");
    /// @notice May define scenes.
    bytes32 public constant SCENE_ROLE = keccak256("SCENE_ROLE");

    /// @notice Payloads in one call of {anchor}.
    uint256 public constant MAX_PAYLOADS = 2_000;
    /// @notice 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
    uint64 public constant MAX_VALID_UNTIL = 253_402_300_799;
    /// @notice UTF-8 bytes in one name.
    uint256 public constant MAX_NAME_BYTES = 256;
    /// @notice Characters in a slug.
    uint256 public constant MAX_SLUG_BYTES = 64;

    uint8 private constant VERSION = 1;
    uint8 private constant KIND_DOCUMENT = 1;
    uint8 private constant KIND_STATUS = 2;
    uint8 private constant KIND_DIRECTORY = 5;
    uint8 private constant ALGORITHM_NONE = 0;
    uint8 private constant ALGORITHM_SM3 = 2;
    uint8 private constant FLAG_BLINDED = 1;
    uint8 private constant ACTION_REVOKE = 1;
    uint8 private constant REASON_OTHER = 6;
    uint32 private constant GOVERNANCE = 0;
    uint32 private constant NO_SCENE = 0;
    uint256 private constant ENTRY_BYTES = 80;
    /// @dev Above this a block time is in milliseconds, as FISCO BCOS may give it.
    uint256 private constant MILLISECONDS_ABOVE = 1e11;

    MerkleLog.Log private _log;
    uint32 private _institutionCount;
    uint32 private _sceneCount;
    mapping(uint32 id => Institution) private _institutions;
    mapping(uint32 id => Scene) private _scenes;
    mapping(bytes32 slugHash => uint32 id) private _sceneIds;
    mapping(address key => Key) private _keys;
    mapping(uint64 index => uint8 action) private _statuses;

    /// @param governor gets every role and may give each to others
    constructor(address governor) {
        if (governor == address(0)) revert RegistryZeroAddress();
        _log.payAhead();
        _grantRole(DEFAULT_ADMIN_ROLE, governor);
        _grantRole(ACCREDITOR_ROLE, governor);
        _grantRole(SCENE_ROLE, governor);
    }

    /// @inheritdoc IDocumentRegistry
    function anchor(Group[] calldata groups) external returns (uint64 index) {
        uint64 recordedAt = _recordingTime();
        uint32 institution = _institutionOfCaller(recordedAt);
        if (groups.length == 0) revert RegistryEmptyBatch(0);

        MerkleLog.Appender memory appender = _log.open();
        index = appender.size;
        for (uint256 i = 0; i < groups.length; ++i) {
            _checkGroup(groups[i], i, recordedAt);
            uint256 count = appender.size - index + groups[i].payloads.length;
            if (count > MAX_PAYLOADS) revert RegistryTooManyPayloads(count, MAX_PAYLOADS);
            _appendGroup(appender, groups[i], i, institution, recordedAt);
        }
        _log.commit(appender, recordedAt);
    }

    /// @inheritdoc IDocumentRegistry
    function setStatus(
        bytes calldata entry,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        uint8 action,
        uint8 reason
    ) external returns (uint64 statusIndex) {
        uint64 recordedAt = _recordingTime();
        uint32 institution = _institutionOfCaller(recordedAt);
        if (action != ACTION_REVOKE) revert RegistryUnsupportedAction(action);
        if (reason == 0 || reason > REASON_OTHER) revert RegistryUnsupportedReason(reason);
        _checkDocument(entry, index, size, proof, institution);
        if (_statuses[index] != 0) revert RegistryEntryFinal(index, _statuses[index]);

        _statuses[index] = action;
        uint64 successor = 0;
        bytes32 payload = bytes32(abi.encodePacked(index, action, reason, successor, bytes14(0)));
        statusIndex = _appendOne(KIND_STATUS, institution, recordedAt, payload);
        emit StatusSet(statusIndex, index, institution, action, reason, successor, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function registerInstitution(
        address admin,
        Names calldata names
    ) external onlyRole(ACCREDITOR_ROLE) returns (uint32 institution) {
        if (admin == address(0)) revert RegistryZeroAddress();
        _checkNames(names);
        uint64 recordedAt = _recordingTime();

        institution = ++_institutionCount;
        _institutions[institution] = Institution(admin, names);
        bytes32 payload = _directoryPayload(
            InstitutionRegistered.selector,
            abi.encode(institution, admin, names.zhHans, names.zhHant, names.en, msg.sender)
        );
        uint64 index = _appendOne(KIND_DIRECTORY, institution, recordedAt, payload);
        emit InstitutionRegistered(
            index,
            institution,
            admin,
            names.zhHans,
            names.zhHant,
            names.en,
            recordedAt,
            msg.sender
        );
    }

    /// @inheritdoc IDocumentRegistry
    function authorizeKey(uint32 institution, address key, uint64 from, uint64 until) external {
        uint64 recordedAt = _recordingTime();
        address admin = _institutions[institution].admin;
        if (admin == address(0)) revert RegistryUnknownInstitution(institution);
        if (msg.sender != admin) revert RegistryNotAdmin(institution, msg.sender);
        if (key == address(0)) revert RegistryZeroAddress();
        if (_keys[key].institution != 0) revert RegistryKeyTaken(key, _keys[key].institution);
        if (until != 0 && (until <= from || until <= recordedAt))
            revert RegistryKeyWindow(from, until, recordedAt);

        _keys[key] = Key(institution, from, until);
        bytes32 payload = _directoryPayload(
            KeyAuthorized.selector,
            abi.encode(institution, key, from, until, msg.sender)
        );
        uint64 index = _appendOne(KIND_DIRECTORY, institution, recordedAt, payload);
        emit KeyAuthorized(index, institution, key, from, until, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function defineScene(
        string calldata slug,
        Names calldata names,
        bool blinded
    ) external onlyRole(SCENE_ROLE) returns (uint32 scene) {
        _checkSlug(slug);
        _checkNames(names);
        bytes32 slugHash = keccak256(bytes(slug));
        if (_sceneIds[slugHash] != 0) revert RegistrySlugTaken(slug, _sceneIds[slugHash]);
        uint64 recordedAt = _recordingTime();

        scene = ++_sceneCount;
        _sceneIds[slugHash] = scene;
        _scenes[scene] = Scene(slug, names, blinded);
        bytes32 payload = _directoryPayload(
            SceneDefined.selector,
            abi.encode(scene, slug, names.zhHans, names.zhHant, names.en, blinded, msg.sender)
        );
        uint64 index = _appendOne(KIND_DIRECTORY, GOVERNANCE, recordedAt, payload);
        emit SceneDefined(
            index,
            scene,
            slug,
            names.zhHans,
            names.zhHant,
            names.en,
            blinded,
            recordedAt,
            msg.sender
        );
    }

    /// @inheritdoc IDocumentRegistry
    function head() external view returns (uint64 size, bytes32 root) {
        size = _log.size;
        root = size == 0 ? sha256("") : _log.roots[size];
    }

    /// @inheritdoc IDocumentRegistry
    function rootAt(uint64 size) external view returns (bytes32 root) {
        return _log.roots[size];
    }

    /// @inheritdoc IDocumentRegistry
    function statusOf(uint64 index) external view returns (uint8 action) {
        return _statuses[index];
    }

    /// @inheritdoc IDocumentRegistry
    function institutionOf(uint32 institution) external view returns (Institution memory) {
        return _institutions[institution];
    }

    /// @inheritdoc IDocumentRegistry
    function keyOf(address key) external view returns (Key memory) {
        return _keys[key];
    }

    /// @inheritdoc IDocumentRegistry
    function sceneOf(uint32 scene) external view returns (Scene memory) {
        return _scenes[scene];
    }

    /// @inheritdoc IDocumentRegistry
    function counts() external view returns (uint32 institutions, uint32 scenes) {
        return (_institutionCount, _sceneCount);
    }

    /// @dev max(block time, the last recordedAt): time in the log never runs backwards.
    function _recordingTime() private view returns (uint64) {
        uint256 time = block.timestamp;
        if (time > MILLISECONDS_ABOVE) time /= 1000;
        uint64 last = _log.lastRecordedAt;
        return time > last ? uint64(time) : last;
    }

    function _institutionOfCaller(uint64 time) private view returns (uint32) {
        Key memory key = _keys[msg.sender];
        if (key.institution == 0) revert RegistryUnknownKey(msg.sender);
        if (time < key.from || (key.until != 0 && time >= key.until)) {
            revert RegistryKeyNotInForce(msg.sender, key.from, key.until, time);
        }
        return key.institution;
    }

    function _checkGroup(Group calldata group, uint256 position, uint64 recordedAt) private view {
        if (group.kind != KIND_DOCUMENT) revert RegistryUnsupportedKind(group.kind);
        if (group.algorithm == ALGORITHM_NONE || group.algorithm > ALGORITHM_SM3) {
            revert RegistryUnsupportedAlgorithm(group.algorithm);
        }
        if (group.flags > FLAG_BLINDED) revert RegistryUnsupportedFlags(group.flags);
        if (group.scene == NO_SCENE || group.scene > _sceneCount) revert RegistryUnknownScene(group.scene);
        if (group.validUntil != 0 && group.validUntil <= recordedAt) {
            revert RegistryValidUntilPassed(group.validUntil, recordedAt);
        }
        if (group.validUntil > MAX_VALID_UNTIL)
            revert RegistryValidUntilTooLate(group.validUntil, MAX_VALID_UNTIL);
        if (group.payloads.length == 0) revert RegistryEmptyBatch(position);
    }

    function _appendGroup(
        MerkleLog.Appender memory appender,
        Group calldata group,
        uint256 position,
        uint32 institution,
        uint64 recordedAt
    ) private {
        uint64 first = appender.size;
        bytes memory leaf = abi.encodePacked(
            uint8(0),
            VERSION,
            group.kind,
            group.algorithm,
            group.flags,
            institution,
            group.scene,
            recordedAt,
            group.validUntil,
            bytes32(0),
            msg.sender
        );
        bytes32[] calldata payloads = group.payloads;
        for (uint256 i = 0; i < payloads.length; ++i) {
            bytes32 payload = payloads[i];
            if (payload == 0) revert RegistryZeroPayload(position, i);
            MerkleLog.setPayload(leaf, payload);
            appender.append(leaf);
        }
        emit Anchored(
            first,
            institution,
            group.scene,
            group.kind,
            group.algorithm,
            group.flags,
            recordedAt,
            group.validUntil,
            msg.sender,
            payloads
        );
    }

    /// @dev Appends an entry without digest, scene and validity, and commits it.
    function _appendOne(
        uint8 kind,
        uint32 institution,
        uint64 recordedAt,
        bytes32 payload
    ) private returns (uint64 index) {
        MerkleLog.Appender memory appender = _log.open();
        index = appender.size;
        appender.append(
            abi.encodePacked(
                uint8(0),
                VERSION,
                kind,
                ALGORITHM_NONE,
                uint8(0),
                institution,
                NO_SCENE,
                recordedAt,
                uint64(0),
                payload,
                msg.sender
            )
        );
        _log.commit(appender, recordedAt);
    }

    /// @dev The entry is a document of `institution`, and the log holds it at `index`.
    function _checkDocument(
        bytes calldata entry,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        uint32 institution
    ) private view {
        if (entry.length != ENTRY_BYTES || uint8(entry[0]) != VERSION)
            revert RegistryEntryMalformed(entry.length);
        bytes32 root = _log.roots[size];
        if (root == 0) revert RegistryUnknownSize(size);
        if (!MerkleLog.verifyInclusion(MerkleLog.hashLeaf(entry), index, size, proof, root)) {
            revert RegistryProofInvalid(index, size);
        }
        uint8 kind = uint8(entry[1]);
        if (kind != KIND_DOCUMENT) revert RegistryNotADocument(index, kind);
        uint32 owner = uint32(bytes4(entry[4:8]));
        if (owner != institution) revert RegistryNotYourEntry(index, owner, institution);
    }

    /// @dev SHA-256(topic0 ‖ abi.encode(the event's parameters in order, without index and recordedAt)).
    function _directoryPayload(bytes32 topic0, bytes memory parameters) private pure returns (bytes32) {
        return sha256(abi.encodePacked(topic0, parameters));
    }

    function _checkNames(Names calldata names) private pure {
        _checkName(names.zhHans);
        _checkName(names.zhHant);
        _checkName(names.en);
    }

    function _checkName(string calldata name) private pure {
        uint256 length = bytes(name).length;
        if (length == 0 || length > MAX_NAME_BYTES) revert RegistryNameLength(length, MAX_NAME_BYTES);
    }

    function _checkSlug(string calldata slug) private pure {
        bytes calldata characters = bytes(slug);
        if (characters.length == 0 || characters.length > MAX_SLUG_BYTES) revert RegistrySlugMalformed(slug);
        for (uint256 i = 0; i < characters.length; ++i) {
            bytes1 c = characters[i];
            bool allowed = (c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c == "-";
            if (!allowed) revert RegistrySlugMalformed(slug);
        }
    }
}
