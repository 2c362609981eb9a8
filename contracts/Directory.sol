// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IDocumentRegistry} from "./IDocumentRegistry.sol";
import {RegistryLog} from "./RegistryLog.sol";

/// @title Who is allowed what: governance, institutions, operators, keys and scenes. Each change is a directory entry
abstract contract Directory is RegistryLog, AccessControlDefaultAdminRules {
    /// @notice May enter institutions and operators in the directory, and act for institutions out of good standing.
    bytes32 public constant ACCREDITOR_ROLE = keccak256("ACCREDITOR_ROLE");
    /// @notice May define scenes.
    bytes32 public constant SCENE_ROLE = keccak256("SCENE_ROLE");
    /// @notice May stop new documents, consents and verifications.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice Seconds between {scheduleAdmin} and the first moment of {acceptAdmin}: two days.
    uint64 public constant ADMIN_DELAY = 172_800;
    /// @notice UTF-8 bytes in one name.
    uint256 public constant MAX_NAME_BYTES = 256;
    /// @notice Bytes in a jurisdiction.
    uint256 public constant MAX_JURISDICTION_BYTES = 16;
    /// @notice Bytes in an official number.
    uint256 public constant MAX_NUMBER_BYTES = 64;
    /// @notice Characters in a slug.
    uint256 public constant MAX_SLUG_BYTES = 64;
    /// @notice Bytes of an operator's public key; those of ML-DSA-44 have as many.
    uint256 public constant MAX_PUBLIC_KEY_BYTES = 1_312;

    uint8 internal constant ROLE_ISSUER = 1;
    uint8 internal constant ROLE_VERIFIER = 2;
    uint8 private constant ALL_ROLES = 3;
    uint8 internal constant STATE_ACTIVE = 1;
    uint8 private constant STATE_SUSPENDED = 2;
    uint8 internal constant STATE_WITHDRAWN = 3;
    uint8 private constant LAST_PURPOSE = 3;

    address private _successor;
    bool private _paused;
    uint32 private _institutionCount;
    uint32 private _sceneCount;
    address private _predecessor;
    uint32 private _operatorCount;
    mapping(uint32 id => Institution) internal _institutions;
    mapping(address key => Key) internal _keys;
    /// @dev Keys that `keysInUse` no longer counts: a retirement can be brought forward, and counts once.
    mapping(address key => bool) private _retired;
    mapping(uint32 operator => uint32 institution) private _institutionsOfOperators;
    mapping(bytes32 keyId => OperatorKey) private _operatorKeys;
    mapping(bytes32 slugHash => uint32 id) private _sceneIds;

    constructor(
        uint48 adminDelay,
        address governor,
        address predecessor
    ) AccessControlDefaultAdminRules(adminDelay, governor) {
        _predecessor = predecessor;
        _grantRole(ACCREDITOR_ROLE, governor);
        _grantRole(SCENE_ROLE, governor);
        _grantRole(PAUSER_ROLE, governor);
    }

    // ---- governance

    /// @inheritdoc IDocumentRegistry
    function setPaused(bool paused_) external onlyRole(PAUSER_ROLE) {
        if (_paused == paused_) revert RegistryPauseUnchanged(paused_);
        _paused = paused_;
        (uint64 index, uint64 recordedAt) = _appendChange(
            GOVERNANCE,
            PauseSet.selector,
            abi.encode(paused_, msg.sender)
        );
        emit PauseSet(index, paused_, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function nameSuccessor(address registry) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (_successor != address(0)) revert RegistryHasSuccessor(_successor);
        if (!_continuesThis(registry)) revert RegistryNotASuccessor(registry);
        _successor = registry;
        (uint64 index, uint64 recordedAt) = _appendChange(
            GOVERNANCE,
            SuccessorNamed.selector,
            abi.encode(registry, msg.sender)
        );
        emit SuccessorNamed(index, registry, recordedAt, msg.sender);
    }

    /// @notice Starts the transfer of DEFAULT_ADMIN_ROLE; its new holder accepts it after the delay. There always is one.
    function beginDefaultAdminTransfer(address newAdmin) public override {
        if (newAdmin == address(0)) revert RegistryLastAdmin();
        super.beginDefaultAdminTransfer(newAdmin);
    }

    // ---- institutions

    /// @inheritdoc IDocumentRegistry
    function registerInstitution(
        address admin,
        Profile calldata profile
    ) external onlyRole(ACCREDITOR_ROLE) returns (uint32 institution) {
        if (admin == address(0)) revert RegistryZeroAddress();
        institution = ++_institutionCount;
        _institutions[institution].admin = admin;
        _institutions[institution].state = STATE_ACTIVE;
        _setProfile(institution, admin, profile);
    }

    /// @inheritdoc IDocumentRegistry
    function amendInstitution(
        uint32 institution,
        Profile calldata profile
    ) external onlyRole(ACCREDITOR_ROLE) {
        _setProfile(institution, _adminOf(institution), profile);
    }

    /// @inheritdoc IDocumentRegistry
    function setInstitutionState(uint32 institution, uint8 state) external onlyRole(ACCREDITOR_ROLE) {
        _adminOf(institution);
        uint8 from = _institutions[institution].state;
        bool known = state >= STATE_ACTIVE && state <= STATE_WITHDRAWN;
        if (!known || state == from || from == STATE_WITHDRAWN) {
            revert RegistryStateChange(institution, from, state);
        }
        _institutions[institution].state = state;
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            InstitutionStateSet.selector,
            abi.encode(institution, state, msg.sender)
        );
        emit InstitutionStateSet(index, institution, state, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function scheduleAdmin(uint32 institution, address admin) external onlyRole(ACCREDITOR_ROLE) {
        _adminOf(institution);
        if (admin == address(0)) revert RegistryZeroAddress();
        uint64 from = _recordingTime() + ADMIN_DELAY;
        _institutions[institution].nextAdmin = admin;
        _institutions[institution].nextAdminFrom = from;
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            AdminScheduled.selector,
            abi.encode(institution, admin, from, msg.sender)
        );
        emit AdminScheduled(index, institution, admin, from, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function acceptAdmin(uint32 institution) external {
        Institution storage found = _institutions[institution];
        if (msg.sender != found.nextAdmin || _recordingTime() < found.nextAdminFrom) {
            revert RegistryAdminNotScheduled(institution, msg.sender, found.nextAdminFrom);
        }
        found.admin = msg.sender;
        delete found.nextAdmin;
        delete found.nextAdminFrom;
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            AdminReplaced.selector,
            abi.encode(institution, msg.sender, msg.sender)
        );
        emit AdminReplaced(index, institution, msg.sender, recordedAt, msg.sender);
    }

    // ---- keys of institutions

    /// @inheritdoc IDocumentRegistry
    function addKey(uint32 institution, address key, uint64 from, uint64 until) external {
        _checkAdmin(institution);
        if (key == address(0)) revert RegistryZeroAddress();
        _open(_keys[key], institution, from, until);
        ++_institutions[institution].keysInUse;
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            KeyAdded.selector,
            abi.encode(institution, key, from, until, msg.sender)
        );
        emit KeyAdded(index, institution, key, from, until, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function retireKey(address key, uint64 until) external {
        uint32 institution = _holderOf(key);
        _checkAdmin(institution);
        Institution storage found = _institutions[institution];
        bool first = !_retired[key];
        if (first && found.keysInUse == 1 && found.state != STATE_WITHDRAWN) {
            revert RegistryLastKey(institution);
        }
        until = _retire(_keys[key], until);
        if (first) {
            _retired[key] = true;
            --found.keysInUse;
        }
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            KeyRetired.selector,
            abi.encode(institution, key, until, msg.sender)
        );
        emit KeyRetired(index, institution, key, until, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function reportKey(address key, uint64 since) external {
        uint32 institution = _holderOf(key);
        if (!hasRole(ACCREDITOR_ROLE, msg.sender)) _checkAdmin(institution);
        _report(_keys[key], since);
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            KeyCompromised.selector,
            abi.encode(institution, key, since, msg.sender)
        );
        emit KeyCompromised(index, institution, key, since, recordedAt, msg.sender);
    }

    // ---- operators and their keys

    /// @inheritdoc IDocumentRegistry
    function registerOperator(
        uint32 institution,
        string calldata name
    ) external onlyRole(ACCREDITOR_ROLE) returns (uint32 operator) {
        if (institution != 0) _adminOf(institution);
        _checkLength(bytes(name).length, MAX_NAME_BYTES);
        operator = ++_operatorCount;
        _institutionsOfOperators[operator] = institution;
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            OperatorRegistered.selector,
            abi.encode(operator, institution, name, msg.sender)
        );
        emit OperatorRegistered(index, operator, institution, name, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function addOperatorKey(
        uint32 operator,
        uint8 purpose,
        uint8 signatureType,
        bytes calldata publicKey,
        uint64 from,
        uint64 until
    ) external returns (bytes32 keyId) {
        uint32 institution = _checkOperatorAdmin(operator);
        if (purpose == 0 || purpose > LAST_PURPOSE) revert RegistryUnsupportedPurpose(purpose);
        _checkLength(publicKey.length, MAX_PUBLIC_KEY_BYTES);
        keyId = sha256(publicKey);
        OperatorKey storage added = _operatorKeys[keyId];
        _open(added.key, operator, from, until);
        added.purpose = purpose;
        added.signatureType = signatureType;
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            OperatorKeyAdded.selector,
            abi.encode(
                operator,
                keyId,
                institution,
                purpose,
                signatureType,
                publicKey,
                from,
                until,
                msg.sender
            )
        );
        emit OperatorKeyAdded(
            index,
            operator,
            keyId,
            institution,
            purpose,
            signatureType,
            publicKey,
            from,
            until,
            recordedAt,
            msg.sender
        );
    }

    /// @inheritdoc IDocumentRegistry
    function retireOperatorKey(bytes32 keyId, uint64 until) external {
        uint32 operator = _operatorOfKey(keyId);
        uint32 institution = _checkOperatorAdmin(operator);
        until = _retire(_operatorKeys[keyId].key, until);
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            OperatorKeyRetired.selector,
            abi.encode(operator, keyId, institution, until, msg.sender)
        );
        emit OperatorKeyRetired(index, operator, keyId, institution, until, recordedAt, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function reportOperatorKey(bytes32 keyId, uint64 since) external {
        uint32 operator = _operatorOfKey(keyId);
        if (!hasRole(ACCREDITOR_ROLE, msg.sender)) _checkOperatorAdmin(operator);
        _report(_operatorKeys[keyId].key, since);
        uint32 institution = _institutionsOfOperators[operator];
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            OperatorKeyCompromised.selector,
            abi.encode(operator, keyId, institution, since, msg.sender)
        );
        emit OperatorKeyCompromised(index, operator, keyId, institution, since, recordedAt, msg.sender);
    }

    // ---- scenes

    /// @inheritdoc IDocumentRegistry
    function defineScene(
        string calldata slug,
        Names calldata names,
        bool blinded,
        bool personal
    ) external onlyRole(SCENE_ROLE) returns (uint32 scene) {
        _checkSlug(slug);
        _checkNames(names);
        bytes32 slugHash = keccak256(bytes(slug));
        if (_sceneIds[slugHash] != 0) revert RegistrySlugTaken(slug, _sceneIds[slugHash]);
        scene = ++_sceneCount;
        _sceneIds[slugHash] = scene;
        (uint64 index, uint64 recordedAt) = _appendChange(
            GOVERNANCE,
            SceneDefined.selector,
            abi.encode(scene, slug, names.zhHans, names.zhHant, names.en, blinded, personal, msg.sender)
        );
        emit SceneDefined(
            index,
            scene,
            slug,
            names.zhHans,
            names.zhHant,
            names.en,
            blinded,
            personal,
            recordedAt,
            msg.sender
        );
    }

    // ---- reads

    /// @inheritdoc IDocumentRegistry
    function institutionOf(uint32 institution) external view returns (Institution memory) {
        return _institutions[institution];
    }

    /// @inheritdoc IDocumentRegistry
    function keyOf(address key) external view returns (Key memory) {
        return _keys[key];
    }

    /// @inheritdoc IDocumentRegistry
    function holderAt(address key, uint64 time) external view returns (uint32 institution) {
        Key storage found = _keys[key];
        return time >= found.addedAt && _inForce(found, time) ? found.holder : 0;
    }

    /// @inheritdoc IDocumentRegistry
    function institutionOfOperator(uint32 operator) external view returns (uint32 institution) {
        return _institutionsOfOperators[operator];
    }

    /// @inheritdoc IDocumentRegistry
    function operatorKeyOf(bytes32 keyId) external view returns (OperatorKey memory) {
        return _operatorKeys[keyId];
    }

    /// @inheritdoc IDocumentRegistry
    function sceneOf(string calldata slug) external view returns (uint32 scene) {
        return _sceneIds[keccak256(bytes(slug))];
    }

    /// @inheritdoc IDocumentRegistry
    function counts() external view returns (uint32 institutions, uint32 operators, uint32 scenes) {
        return (_institutionCount, _operatorCount, _sceneCount);
    }

    /// @inheritdoc IDocumentRegistry
    function paused() external view returns (bool) {
        return _paused;
    }

    /// @inheritdoc IDocumentRegistry
    function chainOfRegistries() external view returns (address predecessor, address successor) {
        return (_predecessor, _successor);
    }

    // ---- roles are in the log too

    /// @dev The first call comes from OpenZeppelin's constructor.
    function _grantRole(bytes32 role, address account) internal override returns (bool changed) {
        changed = super._grantRole(role, account);
        if (changed) _recordRole(role, account, true);
    }

    function _revokeRole(bytes32 role, address account) internal override returns (bool changed) {
        changed = super._revokeRole(role, account);
        if (changed) _recordRole(role, account, false);
    }

    function _recordRole(bytes32 role, address account, bool granted) private {
        (uint64 index, uint64 recordedAt) = _appendChange(
            GOVERNANCE,
            RoleSet.selector,
            abi.encode(role, account, granted, msg.sender)
        );
        emit RoleSet(index, role, account, granted, recordedAt, msg.sender);
    }

    // ---- for the writers of documents

    /// @dev Documents, consents and verifications go to a registry that is neither paused nor succeeded.
    function _checkOpen() internal view {
        if (_successor != address(0)) revert RegistryHasSuccessor(_successor);
        if (_paused) revert RegistryPaused();
    }

    /// @dev The institution for which the caller acts.
    function _institutionOfCaller(uint64 time) internal view returns (uint32) {
        Key storage key = _keys[msg.sender];
        if (key.holder == 0) revert RegistryUnknownKey(msg.sender);
        if (!_inForce(key, time)) revert RegistryKeyNotInForce(msg.sender, key.from, key.until, time);
        return key.holder;
    }

    function _activeRolesOf(uint32 institution) internal view returns (uint8 roles) {
        uint8 state = _institutions[institution].state;
        if (state != STATE_ACTIVE) revert RegistryInstitutionNotActive(institution, state);
        return _institutions[institution].roles;
    }

    function _isScene(uint32 scene) internal view returns (bool) {
        return scene != NO_SCENE && scene <= _sceneCount;
    }

    // ---- windows

    /// @dev Gives a key to its holder, for ever.
    function _open(Key storage key, uint32 holder, uint64 from, uint64 until) private {
        if (key.holder != 0) revert RegistryKeyTaken(key.holder);
        uint64 now_ = _recordingTime();
        if (from > MAX_TIME) revert RegistryTimeTooLate(from, MAX_TIME);
        if (until > MAX_TIME) revert RegistryTimeTooLate(until, MAX_TIME);
        if (until != 0 && (until <= from || until <= now_)) revert RegistryKeyWindow(from, until, now_);
        key.holder = holder;
        key.addedAt = now_;
        key.from = from;
        key.until = until;
    }

    /// @dev Ends a window earlier than it would end.
    /// @return end the moment it ends
    function _retire(Key storage key, uint64 until) private returns (uint64 end) {
        uint64 now_ = _recordingTime();
        end = until == 0 ? now_ : until;
        if (end < now_ || end > MAX_TIME || (key.until != 0 && end >= key.until)) {
            revert RegistryKeyRetirement(key.until, now_);
        }
        key.until = end;
    }

    function _report(Key storage key, uint64 since) private {
        uint64 latest = key.compromisedSince == 0 ? _recordingTime() : key.compromisedSince - 1;
        if (since < key.addedAt || since > latest) revert RegistryCompromiseTime(since, key.addedAt, latest);
        key.compromisedSince = since;
    }

    function _inForce(Key storage key, uint64 time) private view returns (bool) {
        return time >= key.from && (key.until == 0 || time < key.until);
    }

    // ---- checks

    function _setProfile(uint32 institution, address admin, Profile calldata profile) private {
        if (profile.roles == 0 || profile.roles > ALL_ROLES) revert RegistryUnsupportedRoles(profile.roles);
        _checkLength(bytes(profile.jurisdiction).length, MAX_JURISDICTION_BYTES);
        _checkLength(bytes(profile.officialNumber).length, MAX_NUMBER_BYTES);
        _checkNames(profile.names);
        _institutions[institution].roles = profile.roles;
        (uint64 index, uint64 recordedAt) = _appendChange(
            institution,
            InstitutionRegistered.selector,
            abi.encode(
                institution,
                admin,
                profile.roles,
                profile.jurisdiction,
                profile.officialNumber,
                profile.names.zhHans,
                profile.names.zhHant,
                profile.names.en,
                msg.sender
            )
        );
        emit InstitutionRegistered(
            index,
            institution,
            admin,
            profile.roles,
            profile.jurisdiction,
            profile.officialNumber,
            profile.names.zhHans,
            profile.names.zhHant,
            profile.names.en,
            recordedAt,
            msg.sender
        );
    }

    function _adminOf(uint32 institution) private view returns (address admin) {
        admin = _institutions[institution].admin;
        if (admin == address(0)) revert RegistryUnknownInstitution(institution);
    }

    function _checkAdmin(uint32 institution) private view {
        if (msg.sender != _adminOf(institution)) revert RegistryNotAdmin(institution, msg.sender);
    }

    function _holderOf(address key) private view returns (uint32 institution) {
        institution = _keys[key].holder;
        if (institution == 0) revert RegistryUnknownKey(key);
    }

    function _operatorOfKey(bytes32 keyId) private view returns (uint32 operator) {
        operator = _operatorKeys[keyId].key.holder;
        if (operator == 0) revert RegistryUnknownOperatorKey(keyId);
    }

    /// @dev The admin of the operator's institution keeps its keys; where it has none, the accreditor does.
    function _checkOperatorAdmin(uint32 operator) private view returns (uint32 institution) {
        if (operator == 0 || operator > _operatorCount) revert RegistryUnknownOperator(operator);
        institution = _institutionsOfOperators[operator];
        if (institution == 0) _checkRole(ACCREDITOR_ROLE);
        else _checkAdmin(institution);
    }

    /// @dev A low-level call, because `try` does not catch an answer that cannot be decoded.
    function _continuesThis(address registry) private view returns (bool) {
        // solhint-disable-next-line avoid-low-level-calls
        (bool answered, bytes memory answer) = registry.staticcall(
            abi.encodeCall(IDocumentRegistry.chainOfRegistries, ())
        );
        // an address without code answers every call, with nothing
        return answered && answer.length >= 64 && bytes32(answer) == bytes32(uint256(uint160(address(this))));
    }

    function _checkNames(Names calldata names) private pure {
        _checkLength(bytes(names.zhHans).length, MAX_NAME_BYTES);
        _checkLength(bytes(names.zhHant).length, MAX_NAME_BYTES);
        _checkLength(bytes(names.en).length, MAX_NAME_BYTES);
    }

    function _checkLength(uint256 length, uint256 max) private pure {
        if (length == 0 || length > max) revert RegistryLength(length, max);
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
