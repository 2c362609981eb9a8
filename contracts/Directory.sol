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

    /// @dev Seconds between a naming and the first moment of {acceptAdmin}: two days, and seven in which the admin of an
    /// active institution may object to what governance named.
    uint64 private constant ADMIN_DELAY = 172_800;
    uint64 private constant OBJECTION_DELAY = 604_800;
    /// @dev UTF-8 bytes in one name, and bytes of the other texts.
    uint256 private constant MAX_NAME_BYTES = 256;
    uint256 private constant MAX_JURISDICTION_BYTES = 16;
    uint256 private constant MAX_NUMBER_BYTES = 64;
    uint256 private constant MAX_SLUG_BYTES = 64;
    /// @dev Bytes of an operator's public key, and of its signature; those of ML-DSA-44 have as many.
    uint256 private constant MAX_PUBLIC_KEY_BYTES = 1_312;
    uint256 private constant MAX_POSSESSION_BYTES = 2_420;
    /// @dev Scenes have one bit each in {Profile}, and bit 0 is that of no scene.
    uint32 private constant MAX_SCENES = 255;
    /// @dev Bit c is set where character c is allowed: 0x21 to 0x7e; a-z, 0-9 and "-".
    uint256 private constant PRINTABLE = 0x7ffffffffffffffffffffffe00000000;
    uint256 private constant SLUG = 0x7fffffe0000000003ff200000000000;

    uint8 internal constant ROLE_ISSUER = 1;
    uint8 internal constant ROLE_VERIFIER = 2;
    uint8 private constant ALL_ROLES = 3;
    uint8 internal constant STATE_ACTIVE = 1;
    uint8 internal constant STATE_SUSPENDED = 2;
    uint8 internal constant STATE_WITHDRAWN = 3;
    uint8 private constant LAST_PURPOSE = 3;

    address private _successor;
    bool private _paused;
    uint32 private _institutionCount;
    uint32 private _sceneCount;
    address private _predecessor;
    uint32 private _operatorCount;
    mapping(uint32 id => Institution) internal _institutions;
    /// @dev Institutions by the hash of jurisdiction and official number.
    mapping(bytes32 number => uint32 institution) private _numbers;
    mapping(address key => Key) internal _keys;
    mapping(uint32 institution => mapping(address key => Proposal)) private _proposals;
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
        _record(GOVERNANCE, PauseSet.selector, 0, abi.encode(paused_, msg.sender));
    }

    /// @inheritdoc IDocumentRegistry
    function nameSuccessor(address registry) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (_successor != address(0)) revert RegistryHasSuccessor(_successor);
        if (!_continuesThis(registry)) revert RegistryNotASuccessor(registry);
        _successor = registry;
        _record(GOVERNANCE, SuccessorNamed.selector, 1, abi.encode(registry, msg.sender));
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
        bytes32 number = _numberOf(profile);
        institution = ++_institutionCount;
        if (_numbers[number] != 0) revert RegistryOfficialNumber(institution, _numbers[number]);
        _numbers[number] = institution;
        _institutions[institution].admin = admin;
        _institutions[institution].state = STATE_ACTIVE;
        _setProfile(institution, profile);
    }

    /// @inheritdoc IDocumentRegistry
    function amendInstitution(
        uint32 institution,
        Profile calldata profile
    ) external onlyRole(ACCREDITOR_ROLE) {
        _institution(institution);
        uint32 holder = _numbers[_numberOf(profile)];
        if (holder != institution) revert RegistryOfficialNumber(institution, holder);
        _setProfile(institution, profile);
    }

    /// @inheritdoc IDocumentRegistry
    function setInstitutionState(uint32 institution, uint8 state) external onlyRole(ACCREDITOR_ROLE) {
        Institution storage found = _institution(institution);
        uint8 from = found.state;
        bool known = state >= STATE_ACTIVE && state <= STATE_WITHDRAWN;
        if (!known || state == from || from == STATE_WITHDRAWN) {
            revert RegistryStateChange(institution, from, state);
        }
        found.state = state;
        _forgetNext(found);
        _record(institution, InstitutionStateSet.selector, 1, abi.encode(institution, state, msg.sender));
    }

    /// @inheritdoc IDocumentRegistry
    function nameAdmin(uint32 institution, address admin) external {
        Institution storage found = _institution(institution);
        uint8 state = found.state;
        bool byGovernance = msg.sender != found.admin || state != STATE_ACTIVE;
        if (byGovernance) _checkRole(ACCREDITOR_ROLE);
        if (state == STATE_WITHDRAWN) revert RegistryInstitutionNotActive(institution, state);
        if (admin == address(0)) revert RegistryZeroAddress();
        uint64 delay = byGovernance && state == STATE_ACTIVE ? OBJECTION_DELAY : ADMIN_DELAY;
        uint64 from = _recordingTime() + delay;
        found.nextAdmin = admin;
        found.nextAdminFrom = from;
        found.nextByGovernance = byGovernance;
        _record(
            institution,
            AdminNamed.selector,
            2,
            abi.encode(institution, admin, from, byGovernance, msg.sender)
        );
    }

    /// @inheritdoc IDocumentRegistry
    function cancelAdmin(uint32 institution) external {
        Institution storage found = _institution(institution);
        address named = found.nextAdmin;
        bool isAdmin = msg.sender == found.admin && found.state == STATE_ACTIVE;
        bool isGovernance = found.nextByGovernance && _isAccreditor();
        if (named == address(0) || !(isAdmin || isGovernance)) {
            revert RegistryNothingToCancel(institution, msg.sender);
        }
        _forgetNext(found);
        _record(institution, AdminNamingCancelled.selector, 2, abi.encode(institution, named, msg.sender));
    }

    /// @inheritdoc IDocumentRegistry
    function acceptAdmin(uint32 institution) external {
        Institution storage found = _institutions[institution];
        if (msg.sender != found.nextAdmin || _recordingTime() < found.nextAdminFrom) {
            revert RegistryAdminNotNamed(institution, msg.sender, found.nextAdminFrom);
        }
        // an admin that governance put in place does not name one that counts as the institution's own
        bool byGovernance = found.adminByGovernance || found.nextByGovernance;
        found.admin = msg.sender;
        found.adminByGovernance = byGovernance;
        _forgetNext(found);
        _record(
            institution,
            AdminReplaced.selector,
            2,
            abi.encode(institution, msg.sender, byGovernance, msg.sender)
        );
    }

    // ---- keys of institutions

    /// @inheritdoc IDocumentRegistry
    function addKey(uint32 institution, address key, uint64 from, uint64 until) external {
        _checkActiveAdmin(institution);
        if (key == address(0)) revert RegistryZeroAddress();
        _checkWindow(_keys[key].holder, from, until);
        _proposals[institution][key] = Proposal(msg.sender, uint48(from), uint48(until));
        _recordWindow(institution, KeyProposed.selector, key, from, until);
    }

    /// @inheritdoc IDocumentRegistry
    function acceptKey(uint32 institution) external {
        Proposal memory proposal = _proposals[institution][msg.sender];
        Institution storage found = _institutions[institution];
        if (proposal.admin == address(0) || proposal.admin != found.admin) {
            revert RegistryKeyNotProposed(institution, msg.sender);
        }
        _checkActive(institution, found);
        _open(_keys[msg.sender], institution, proposal.from, proposal.until);
        delete _proposals[institution][msg.sender];
        ++found.keysInUse;
        _recordWindow(institution, KeyAdded.selector, msg.sender, proposal.from, proposal.until);
    }

    /// @inheritdoc IDocumentRegistry
    function retireKey(address key, uint64 until) external {
        uint32 institution = _holderOf(key);
        _checkAdmin(institution);
        Institution storage found = _institutions[institution];
        bool first = !_keys[key].retired;
        if (first && found.keysInUse == 1 && found.state == STATE_ACTIVE) {
            revert RegistryLastKey(institution);
        }
        until = _retire(_keys[key], until);
        if (first) --found.keysInUse;
        _recordTime(institution, KeyRetired.selector, key, until);
    }

    /// @inheritdoc IDocumentRegistry
    function reportKey(address key, uint64 since) external {
        uint32 institution = _holderOf(key);
        if (!_isAccreditor()) _checkAdmin(institution);
        _report(_keys[key], since);
        _recordTime(institution, KeyCompromised.selector, key, since);
    }

    /// @inheritdoc IDocumentRegistry
    function correctKeyReport(address key, uint64 since) external onlyRole(ACCREDITOR_ROLE) {
        uint32 institution = _holderOf(key);
        _correct(_keys[key], institution, since);
        _recordTime(institution, KeyReportCorrected.selector, key, since);
    }

    // ---- operators and their keys

    /// @inheritdoc IDocumentRegistry
    function registerOperator(
        uint32 institution,
        string calldata name
    ) external onlyRole(ACCREDITOR_ROLE) returns (uint32 operator) {
        if (institution != 0) _institution(institution);
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
        uint64 until,
        bytes calldata possession
    ) external returns (bytes32 keyId) {
        uint32 institution = _checkOperatorAdmin(operator);
        if (institution != 0) _checkActive(institution, _institutions[institution]);
        if (purpose == 0 || purpose > LAST_PURPOSE) revert RegistryUnsupportedPurpose(purpose);
        _checkLength(publicKey.length, MAX_PUBLIC_KEY_BYTES);
        _checkLength(possession.length, MAX_POSSESSION_BYTES);
        keyId = sha256(abi.encode(operator, purpose, signatureType, publicKey));
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
                possession,
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
            possession,
            from,
            until,
            recordedAt,
            msg.sender
        );
    }

    /// @inheritdoc IDocumentRegistry
    function retireOperatorKey(bytes32 keyId, uint64 until) external {
        uint32 operator = _operatorOfKey(keyId);
        _checkOperatorAdmin(operator);
        until = _retire(_operatorKeys[keyId].key, until);
        _recordOperatorKey(operator, OperatorKeyRetired.selector, keyId, until);
    }

    /// @inheritdoc IDocumentRegistry
    function reportOperatorKey(bytes32 keyId, uint64 since) external {
        uint32 operator = _operatorOfKey(keyId);
        if (!_isAccreditor()) _checkOperatorAdmin(operator);
        _report(_operatorKeys[keyId].key, since);
        _recordOperatorKey(operator, OperatorKeyCompromised.selector, keyId, since);
    }

    /// @inheritdoc IDocumentRegistry
    function correctOperatorKeyReport(bytes32 keyId, uint64 since) external onlyRole(ACCREDITOR_ROLE) {
        uint32 operator = _operatorOfKey(keyId);
        _correct(_operatorKeys[keyId].key, _institutionsOfOperators[operator], since);
        _recordOperatorKey(operator, OperatorKeyReportCorrected.selector, keyId, since);
    }

    // ---- scenes

    /// @inheritdoc IDocumentRegistry
    function defineScene(
        string calldata slug,
        Names calldata names,
        bool blinded,
        bool personal
    ) external onlyRole(SCENE_ROLE) returns (uint32 scene) {
        _checkText(slug, MAX_SLUG_BYTES, SLUG);
        _checkNames(names);
        bytes32 slugHash = keccak256(bytes(slug));
        if (_sceneIds[slugHash] != 0) revert RegistrySlugTaken(_sceneIds[slugHash]);
        if (_sceneCount == MAX_SCENES) revert RegistryTooManyScenes();
        scene = ++_sceneCount;
        _sceneIds[slugHash] = scene;
        _record(
            GOVERNANCE,
            SceneDefined.selector,
            1,
            abi.encode(scene, slug, names.zhHans, names.zhHant, names.en, blinded, personal, msg.sender),
            8
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
    function proposalOf(uint32 institution, address key) external view returns (Proposal memory) {
        return _proposals[institution][key];
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
        _record(GOVERNANCE, RoleSet.selector, 2, abi.encode(role, account, granted, msg.sender));
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

    function _checkActive(uint32 institution, Institution storage found) internal view {
        uint8 state = found.state;
        if (state != STATE_ACTIVE) revert RegistryInstitutionNotActive(institution, state);
    }

    function _isScene(uint32 scene) internal view returns (bool) {
        return scene != NO_SCENE && scene <= _sceneCount;
    }

    // ---- windows and reports

    function _checkWindow(uint32 holder, uint64 from, uint64 until) private view {
        if (holder != 0) revert RegistryKeyTaken(holder);
        uint64 now_ = _recordingTime();
        if (from > MAX_TIME) revert RegistryTimeTooLate(from, MAX_TIME);
        if (until > MAX_TIME) revert RegistryTimeTooLate(until, MAX_TIME);
        if (until != 0 && (until <= from || until <= now_)) revert RegistryKeyWindow(from, until, now_);
    }

    /// @dev Gives a key to its holder, for ever.
    function _open(Key storage key, uint32 holder, uint64 from, uint64 until) private {
        _checkWindow(key.holder, from, until);
        key.holder = holder;
        key.addedAt = _recordingTime();
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
        key.retired = true;
    }

    /// @dev The report of an admin, as which the caller comes without ACCREDITOR_ROLE, is kept beside.
    function _report(Key storage key, uint64 since) private {
        uint64 latest = key.compromisedSince == 0 ? _recordingTime() : key.compromisedSince - 1;
        if (since < key.addedAt || since > latest) revert RegistryCompromiseTime(since, key.addedAt, latest);
        key.compromisedSince = since;
        if (_isAccreditor()) return;
        key.reportedBy = msg.sender;
        key.reportedSince = since;
    }

    /// @dev What the present admin reported bounds the correction.
    function _correct(Key storage key, uint32 institution, uint64 since) private {
        uint64 reported = key.compromisedSince;
        if (reported == 0) revert RegistryKeyNotReported();
        address admin = key.reportedBy;
        bool stands = admin != address(0) && admin == _institutions[institution].admin;
        uint64 latest = stands ? key.reportedSince : _recordingTime();
        if (since == 0 ? stands : since <= reported || since > latest) {
            revert RegistryCompromiseTime(since, reported + 1, latest);
        }
        key.compromisedSince = since;
        if (!stands) key.reportedBy = address(0);
    }

    function _isAccreditor() internal view returns (bool) {
        return hasRole(ACCREDITOR_ROLE, msg.sender);
    }

    function _inForce(Key storage key, uint64 time) private view returns (bool) {
        return time >= key.from && (key.until == 0 || time < key.until);
    }

    // ---- checks

    function _setProfile(uint32 institution, Profile calldata profile) private {
        if (profile.roles == 0 || profile.roles > ALL_ROLES) revert RegistryUnsupportedRoles(profile.roles);
        if (profile.scenes & 1 != 0) revert RegistryUnsupportedScenes(profile.scenes);
        _checkNames(profile.names);
        Institution storage found = _institutions[institution];
        found.roles = profile.roles;
        found.scenes = profile.scenes;
        _record(
            institution,
            InstitutionRegistered.selector,
            1,
            abi.encode(
                institution,
                found.admin,
                profile.roles,
                profile.scenes,
                profile.jurisdiction,
                profile.officialNumber,
                profile.names.zhHans,
                profile.names.zhHant,
                profile.names.en,
                msg.sender
            ),
            10
        );
    }

    /// @dev A space, which neither has, keeps the two apart.
    function _numberOf(Profile calldata profile) private pure returns (bytes32) {
        _checkText(profile.jurisdiction, MAX_JURISDICTION_BYTES, PRINTABLE);
        _checkText(profile.officialNumber, MAX_NUMBER_BYTES, PRINTABLE);
        return keccak256(abi.encodePacked(profile.jurisdiction, " ", profile.officialNumber));
    }

    function _forgetNext(Institution storage found) private {
        delete found.nextAdmin;
        delete found.nextAdminFrom;
        delete found.nextByGovernance;
    }

    function _recordWindow(
        uint32 institution,
        bytes32 topic0,
        address key,
        uint64 from,
        uint64 until
    ) private {
        _record(institution, topic0, 2, abi.encode(institution, key, from, until, msg.sender));
    }

    function _recordTime(uint32 institution, bytes32 topic0, address key, uint64 time) private {
        _record(institution, topic0, 2, abi.encode(institution, key, time, msg.sender));
    }

    function _recordOperatorKey(uint32 operator, bytes32 topic0, bytes32 keyId, uint64 time) private {
        uint32 institution = _institutionsOfOperators[operator];
        _record(institution, topic0, 2, abi.encode(operator, keyId, institution, time, msg.sender));
    }

    function _institution(uint32 institution) private view returns (Institution storage) {
        Institution storage found = _institutions[institution];
        if (found.admin == address(0)) revert RegistryUnknownInstitution(institution);
        return found;
    }

    function _checkActiveAdmin(uint32 institution) private view {
        _checkAdmin(institution);
        _checkActive(institution, _institutions[institution]);
    }

    function _checkAdmin(uint32 institution) private view {
        if (msg.sender != _institution(institution).admin) revert RegistryNotAdmin(institution, msg.sender);
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

    /// @param allowed bit c is set where character c is allowed
    function _checkText(string calldata text, uint256 max, uint256 allowed) private pure {
        bytes calldata characters = bytes(text);
        _checkLength(characters.length, max);
        for (uint256 i = 0; i < characters.length; ++i) {
            if ((allowed >> uint8(characters[i])) & 1 == 0) revert RegistryCharacter(i);
        }
    }
}
