// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl as IAccess} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessControlDefaultAdminRules as IRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IDocumentRegistry as I} from "../../contracts/IDocumentRegistry.sol";
import {Fixture} from "./support/Fixture.sol";
import {deployRegistry} from "./support/Registry.sol";
import {vm} from "./Vm.sol";

/// @notice Answers every call with the same bytes.
contract Answers {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}

/// @notice Roles, the default admin's delay, pause, successor, institutions and scenes.
contract GovernanceTest is Fixture {
    bytes32 private constant ACCREDITOR = keccak256("ACCREDITOR_ROLE");
    bytes32 private constant SCENE_KEEPER = keccak256("SCENE_ROLE");
    bytes32 private constant PAUSER = keccak256("PAUSER_ROLE");

    /// @notice Without a role nothing of it is done; with one role alone, what is its and nothing else.
    function testFuzz_EachRoleDoesItsOwn(uint160 seed, uint8 which) external {
        address account = address(uint160(_between(seed, 0x10000, type(uint160).max)));
        bytes32[4] memory roles = [bytes32(0), ACCREDITOR, SCENE_KEEPER, PAUSER];
        bytes32 granted = roles[1 + (which % 3)];
        _done(GOVERNOR, abi.encodeCall(IAccess.grantRole, (granted, account)));
        _onlyWith(granted, account, 0, abi.encodeCall(I.nameSuccessor, (address(1))));
        _onlyWith(granted, account, 0, abi.encodeCall(IAccess.grantRole, (PAUSER, account)));
        _onlyWith(granted, account, 0, abi.encodeCall(IRules.beginDefaultAdminTransfer, (account)));
        _onlyWith(granted, account, PAUSER, abi.encodeCall(I.setPaused, (true)));
        bytes memory data = abi.encodeCall(I.defineScene, ("slug", _names(), true, true));
        _onlyWith(granted, account, SCENE_KEEPER, data);
        I.Profile memory third = I.Profile(1, 0, "HK", "third", _names());
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.registerInstitution, (ADMIN, third)));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.amendInstitution, (1, _profile(1))));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.nameAdmin, (1, account)));
        _done(GOVERNOR, abi.encodeCall(I.reportKey, (KEY, NOW)));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.correctKeyReport, (KEY, 0)));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.registerOperator, (1, "operator")));
    }

    function _onlyWith(bytes32 granted, address account, bytes32 needed, bytes memory data) private {
        bytes memory refusal;
        if (granted != needed) {
            refusal = abi.encodeWithSelector(
                IAccess.AccessControlUnauthorizedAccount.selector,
                account,
                needed
            );
        }
        _takenUnless(refusal, account, data);
    }

    /// @notice There is one default admin at every moment; another becomes it after the delay, and not a second sooner.
    function testFuzz_TheDefaultAdminChangesAfterTheDelay(uint160 seed, uint32 wait) external {
        address next = address(uint160(_between(seed, 0x10000, type(uint160).max)));
        wait = uint32(_between(wait, DELAY - 3, DELAY + 3));
        bytes memory refusal = abi.encodeWithSelector(I.RegistryLastAdmin.selector);
        _refused(GOVERNOR, abi.encodeCall(IRules.beginDefaultAdminTransfer, (address(0))), refusal);
        require(_done(GOVERNOR, abi.encodeCall(IRules.beginDefaultAdminTransfer, (next))) == 0, "a schedule");
        vm.warp(NOW + wait);
        bytes memory accept = abi.encodeCall(IRules.acceptDefaultAdminTransfer, ());
        bytes memory renounce = abi.encodeCall(IAccess.renounceRole, (0, GOVERNOR));
        bytes4 early = IRules.AccessControlEnforcedDefaultAdminDelay.selector;
        refusal = abi.encodeWithSelector(early, NOW + DELAY);
        _refused(GOVERNOR, renounce, refusal);
        bytes memory stranger = abi.encodeWithSelector(
            IRules.AccessControlInvalidDefaultAdmin.selector,
            ADMIN
        );
        _refused(ADMIN, accept, stranger);
        if (wait <= DELAY) return _refused(next, accept, refusal);
        require(_done(next, accept) == 2, "one has the role no more, and one has it");
        require(_registry.defaultAdmin() == next && !_registry.hasRole(0, GOVERNOR), "the next one");
    }

    /// @notice Any sequence of states: active and suspended alternate, and withdrawn is the end.
    function testFuzz_AnySequenceOfStates(uint8[8] calldata states) external {
        uint8 present = 1;
        for (uint256 i = 0; i < states.length; ++i) {
            uint8 state = states[i] < 16 ? states[i] : 1 + (states[i] % 2);
            bool moves = state >= 1 && state <= 3 && state != present && present != 3;
            bytes memory refusal;
            if (!moves) {
                refusal = abi.encodeWithSelector(I.RegistryStateChange.selector, 1, present, state);
            }
            _takenUnless(refusal, GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, state)));
            if (moves) present = state;
            require(_registry.institutionOf(1).state == present, "state");
        }
    }

    /// @notice C9: what pause, suspension and a successor stop is anchor, and nothing else.
    function testFuzz_OnlyAnchorStops(uint8 cause) external {
        uint64 index = _anchorOne(KEY, "document");
        address next = address(deployRegistry(DELAY, GOVERNOR, address(_registry)));
        bytes memory refusal = abi.encodeWithSelector(I.RegistryPaused.selector);
        if (cause % 3 == 0) {
            _done(GOVERNOR, abi.encodeCall(I.setPaused, (true)));
        } else if (cause % 3 == 1) {
            _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
            refusal = abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, 1, 2);
        } else {
            _done(GOVERNOR, abi.encodeCall(I.nameSuccessor, (next)));
            refusal = abi.encodeWithSelector(I.RegistryHasSuccessor.selector, next);
        }
        bytes32[] memory payloads = new bytes32[](1);
        _refused(KEY, abi.encodeCall(I.anchor, (_documents(payloads))), refusal);
        _done(KEY, _withoutSuccessor(index, 2));
        if (cause % 3 != 1) _addKey(ADMIN, 1, address(0xB3), 0, 0);
        _done(ADMIN, abi.encodeCall(I.retireKey, (KEY, 0)));
        _done(GOVERNOR, abi.encodeCall(I.reportKey, (KEY, NOW)));
        _done(GOVERNOR, abi.encodeCall(I.amendInstitution, (1, _profile(1))));
        _done(GOVERNOR, abi.encodeCall(I.registerOperator, (1, "operator")));
        _done(GOVERNOR, abi.encodeCall(I.defineScene, ("slug", _names(), true, true)));
    }

    /// @notice A successor answers with this registry as its predecessor; whatever else answers, or nothing, is refused.
    function testFuzz_OnlyARegistryThatContinuesThisSucceeds(bytes calldata answer, address any) external {
        bytes memory right = abi.encode(address(_registry), address(0));
        vm.assume(keccak256(answer) != keccak256(right));
        vm.assume(any.code.length == 0);
        address[4] memory others = [
            any,
            address(new Answers(answer)),
            address(new Answers(abi.encode(any, address(_registry)))),
            address(deployRegistry(DELAY, GOVERNOR, any))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(I.RegistryNotASuccessor.selector, others[i]);
            _refused(GOVERNOR, abi.encodeCall(I.nameSuccessor, (others[i])), refusal);
        }
        address next = address(deployRegistry(DELAY, GOVERNOR, address(_registry)));
        _done(GOVERNOR, abi.encodeCall(I.nameSuccessor, (next)));
        bytes memory once = abi.encodeWithSelector(I.RegistryHasSuccessor.selector, next);
        _refused(GOVERNOR, abi.encodeCall(I.nameSuccessor, (next)), once);
    }

    /// @notice A slug is 1 to 64 of a-z, 0-9 and "-", and names one scene.
    function testFuzz_Slugs(bytes calldata text, bool plain) external {
        bytes memory slug = text.length > 70 ? text[:70] : text;
        bool valid = slug.length != 0 && slug.length <= 64;
        bytes memory refusal;
        if (!valid) refusal = abi.encodeWithSelector(I.RegistryLength.selector, slug.length, 64);
        bytes memory alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-";
        for (uint256 i = 0; i < slug.length; ++i) {
            if (plain) slug[i] = alphabet[uint8(slug[i]) % 37];
            uint8 c = uint8(slug[i]);
            if (!valid || (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c == 45) continue;
            valid = false;
            refusal = abi.encodeWithSelector(I.RegistryCharacter.selector, i);
        }
        bytes memory data = abi.encodeCall(I.defineScene, (string(slug), _names(), plain, !plain));
        _takenUnless(refusal, GOVERNOR, data);
        if (!valid) return;
        require(_registry.sceneOf(string(slug)) == 2, "its id");
        _refused(GOVERNOR, data, abi.encodeWithSelector(I.RegistrySlugTaken.selector, 2));
    }

    /// @notice Each text of a profile is held to its own length.
    function testFuzz_LengthsOfTexts(uint16[5] calldata lengths) external {
        uint16[5] memory max = [16, 64, 256, 256, 256];
        string[5] memory texts;
        bytes memory refusal;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 length = lengths[i] % (max[i] + max[i] / 16 + 1);
            texts[i] = _letters(length);
            if (refusal.length == 0 && (length == 0 || length > max[i])) {
                refusal = abi.encodeWithSelector(I.RegistryLength.selector, length, max[i]);
            }
        }
        I.Names memory names = I.Names(texts[2], texts[3], texts[4]);
        I.Profile memory profile = I.Profile(1, 0, texts[0], texts[1], names);
        _takenUnless(refusal, GOVERNOR, abi.encodeCall(I.registerInstitution, (ADMIN, profile)));
    }

    function _letters(uint256 length) private pure returns (string memory) {
        bytes memory text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) text[i] = "x";
        return string(text);
    }

    /// @notice C17: two institutions never have one number, and an institution never another; of characters 0x21 to 0x7e.
    function testFuzz_OfficialNumbers(bytes1 a, bytes1 b, bool second, uint8 roles) external {
        (string memory first, string memory other) = (
            string(abi.encodePacked(a)),
            string(abi.encodePacked(b))
        );
        bytes memory refusal;
        if (a < 0x21 || a > 0x7e || b < 0x21 || b > 0x7e) {
            refusal = abi.encodeWithSelector(I.RegistryCharacter.selector, 0);
        }
        I.Profile memory profile = I.Profile(1 + (roles % 3), 0, first, other, _names());
        _takenUnless(refusal, GOVERNOR, abi.encodeCall(I.registerInstitution, (ADMIN, profile)));
        if (refusal.length != 0) return;
        refusal = abi.encodeWithSelector(I.RegistryOfficialNumber.selector, 4, 3);
        _refused(GOVERNOR, abi.encodeCall(I.registerInstitution, (ADMIN, profile)), refusal);
        refusal = abi.encodeWithSelector(I.RegistryOfficialNumber.selector, 1, 3);
        _refused(GOVERNOR, abi.encodeCall(I.amendInstitution, (1, profile)), refusal);
        _done(GOVERNOR, abi.encodeCall(I.amendInstitution, (3, profile)));
        if (second) profile.officialNumber = string.concat(profile.officialNumber, "x");
        else profile.jurisdiction = string.concat(profile.jurisdiction, "x");
        refusal = abi.encodeWithSelector(I.RegistryOfficialNumber.selector, 3, 0);
        _refused(GOVERNOR, abi.encodeCall(I.amendInstitution, (3, profile)), refusal);
        _done(GOVERNOR, abi.encodeCall(I.registerInstitution, (ADMIN, profile)));
    }

    /// @notice The two texts of a number are apart: moving a character from one to the other makes another number.
    function test_NumbersDoNotRunTogether() external {
        I.Profile memory profile = I.Profile(1, 0, "H", "K1", _names());
        _done(GOVERNOR, abi.encodeCall(I.registerInstitution, (ADMIN, profile)));
        (profile.jurisdiction, profile.officialNumber) = ("HK", "1");
        _done(GOVERNOR, abi.encodeCall(I.registerInstitution, (ADMIN, profile)));
    }

    /// @notice Bit 0 stands for no scene; any other bits are taken, also those of scenes to come.
    function testFuzz_ScenesOfAProfile(uint256 scenes) external {
        I.Profile memory profile = _profile(1);
        profile.scenes = scenes;
        bytes memory refusal;
        if (scenes % 2 == 1) refusal = abi.encodeWithSelector(I.RegistryUnsupportedScenes.selector, scenes);
        _takenUnless(refusal, GOVERNOR, abi.encodeCall(I.amendInstitution, (1, profile)));
        uint256 expected = refusal.length == 0 ? scenes : ALL_SCENES;
        require(_registry.institutionOf(1).scenes == expected, "scenes");
    }

    /// @notice There are 255 scenes and no more, and documents of the last one are taken.
    function test_ScenesEndAt255() external {
        bytes memory slug = "scene-aa";
        for (uint256 i = 2; i <= 255; ++i) {
            (slug[6], slug[7]) = (bytes1(uint8(0x61 + i / 16)), bytes1(uint8(0x61 + (i % 16))));
            vm.prank(GOVERNOR);
            _registry.defineScene(string(slug), _names(), false, false);
        }
        bytes memory refusal = abi.encodeWithSelector(I.RegistryTooManyScenes.selector);
        vm.prank(GOVERNOR);
        (bool taken, bytes memory result) = address(_registry).call(
            abi.encodeCall(I.defineScene, ("one-more", _names(), false, false))
        );
        require(!taken && keccak256(result) == keccak256(refusal), "no more");
        bytes32[] memory payloads = new bytes32[](1);
        payloads[0] = "payload";
        I.Group[] memory groups = _documents(payloads);
        groups[0].scene = 255;
        vm.prank(KEY);
        _registry.anchor(groups);
    }

    /// @notice C12: no ether is taken, whatever comes with it.
    function testFuzz_TakesNoEther(bytes calldata data, uint96 value) external {
        vm.deal(address(this), type(uint96).max);
        (bool taken, ) = address(_registry).call{value: uint256(value) + 1}(data);
        require(!taken && address(_registry).balance == 0, "C12");
    }

    /// @notice C12: the code has no instruction that runs another's code in its place, or ends it.
    function test_NoDelegatecallAndNoSelfdestruct() external view {
        bytes memory code = address(_registry).code;
        uint256 metadata = (uint256(uint8(code[code.length - 2])) << 8) + uint8(code[code.length - 1]) + 2;
        for (uint256 i = 0; i < code.length - metadata; ++i) {
            uint8 op = uint8(code[i]);
            require(op != 0xf4 && op != 0xf2 && op != 0xff, "C12");
            if (op >= 0x60 && op <= 0x7f) i += op - 0x5f;
        }
    }
}
